import type { LogStream, PlatformRecord, RequestId } from '../contract/index.ts';
import { ENCODING, KIND, LAYOUT, STARTS, STATUSES, type Report, type Source } from './record-codec.ts';

const FIRST_HEADS = 64;
/** Longest request id (UTF-16 units), because its length is one byte; longer ones are cut. */
const ID_UNITS = 255;

/** Parts of an encoded batch. */
export interface ChunkParts {
  /** Of the encoded batch (bytes). */
  readonly size: number;
  readonly sources: string;
  readonly text: string;
  readonly encoding: number;
}

/**
 * Collects records of one function in the order of printing. Adding one costs a few stores: strings are kept by
 * reference and encoded together, in the layout of {@link LAYOUT}.
 */
export class RecordBatch {
  firstMs = Infinity;
  lastMs = -Infinity;
  #count = 0;
  #heads: DataView = new DataView(new ArrayBuffer(FIRST_HEADS * LAYOUT.headBytes));
  /** All texts. Appending is cheap: V8 keeps a rope and flattens it at the first read. */
  #text = '';
  #figures: number[] = [];
  #sources: Source[] = [];
  readonly #indices = new Map<string, number>();
  /** Index of the last source, which usually prints again. */
  #source = 0;

  /** Number of records. */
  get count(): number {
    return this.#count;
  }

  /** Approximate encoded size (bytes). */
  get weight(): number {
    return this.#text.length + this.#count * LAYOUT.headBytes;
  }

  /** Adds what a function printed in one write; `time` is milliseconds since the epoch. */
  // oxlint-disable-next-line max-params -- called once per line: an options object would be one more allocation
  text(source: Source, stream: LogStream, text: string, requestId: RequestId | '', time: number): void {
    this.#add(source, stream === 'stdout' ? KIND.stdout : KIND.stderr, text, requestId, time);
  }

  /** Adds a record of lam about an invocation; `time` is milliseconds since the epoch. */
  platform(source: Source, record: PlatformRecord, requestId: RequestId | '', time: number): void {
    if (record.type === 'start') this.#add(source, KIND.start, '', requestId, time);
    else if (record.type === 'report' && this.#report(record)) {
      const { errorType } = record;
      this.#add(source, errorType === undefined ? KIND.report : KIND.failedReport, errorType ?? '', requestId, time);
    } else this.#add(source, KIND.platform, JSON.stringify(record), requestId, time);
  }

  /** Encodes the texts and computes the size for {@link RecordBatch.write}. */
  parts(): ChunkParts {
    const text = this.#text;
    const sources = JSON.stringify(this.#sources.map(({ version, sandbox }) => [version, sandbox]));
    const isWellFormed = text.isWellFormed();
    const textBytes = isWellFormed ? Buffer.byteLength(text) : text.length * 2;
    const fixed = LAYOUT.prefixBytes + this.#count * LAYOUT.headBytes + this.#figures.length * LAYOUT.figureBytes;
    return {
      size: fixed + Buffer.byteLength(sources) + textBytes,
      sources,
      text,
      encoding: isWellFormed ? ENCODING.utf8 : ENCODING.utf16,
    };
  }

  /** Writes the encoded batch to `to`, at `start`. */
  write({ sources, text, encoding }: ChunkParts, to: Buffer, start: number): void {
    const view = new DataView(to.buffer, to.byteOffset, to.byteLength);
    view.setUint32(start, encoding, true);
    view.setUint32(start + 4, this.#count, true);
    view.setUint32(start + 8, this.#figures.length, true);
    view.setUint32(start + 12, Buffer.byteLength(sources), true);
    let at = start + LAYOUT.prefixBytes;
    const heads = new Uint8Array(this.#heads.buffer, 0, this.#count * LAYOUT.headBytes);
    to.set(heads, at);
    at += heads.length;
    for (const figure of this.#figures) {
      view.setFloat64(at, figure, true);
      at += LAYOUT.figureBytes;
    }
    at += to.write(sources, at, 'utf8');
    to.write(text, at, encoding === ENCODING.utf8 ? 'utf8' : 'utf16le');
  }

  /** Removes all records; keeps the memory for the next ones. */
  clear(): void {
    this.firstMs = Infinity;
    this.lastMs = -Infinity;
    this.#count = 0;
    this.#text = '';
    this.#figures = [];
    this.#sources = [];
    this.#indices.clear();
  }

  /** Adds a report's figures; returns false when its status or start has no number in the layout. */
  #report(record: Report): boolean {
    const status = STATUSES.indexOf(record.status);
    const start = STARTS.indexOf(record.start);
    if (status < 0 || start < 0) return false;
    this.#figures.push(
      status,
      start,
      record.durationMs,
      record.billedMs,
      record.memoryMiB,
      record.maxMemoryMiB,
      record.initMs ?? Number.NaN,
    );
    return true;
  }

  // oxlint-disable-next-line max-params -- called once per line: an options object would be one more allocation
  #add(source: Source, kind: number, text: string, requestId: RequestId | '', time: number): void {
    const id = requestId.length > ID_UNITS ? requestId.slice(0, ID_UNITS) : requestId;
    const heads = this.#headsWithRoom();
    const at = this.#count * LAYOUT.headBytes;
    heads.setFloat64(at, time, true);
    heads.setUint32(at + 8, text.length, true);
    heads.setUint16(at + 12, this.#indexOf(source), true);
    heads.setUint8(at + 14, kind);
    heads.setUint8(at + 15, id.length);
    this.#text += id;
    this.#text += text;
    this.#count += 1;
    if (time < this.firstMs) this.firstMs = time;
    if (time > this.lastMs) this.lastMs = time;
  }

  #headsWithRoom(): DataView {
    const { byteLength } = this.#heads;
    if ((this.#count + 1) * LAYOUT.headBytes > byteLength) {
      const larger = new Uint8Array(byteLength * 2);
      larger.set(new Uint8Array(this.#heads.buffer));
      this.#heads = new DataView(larger.buffer);
    }
    return this.#heads;
  }

  #indexOf({ sandbox, version }: Source): number {
    const last = this.#sources[this.#source];
    if (last !== undefined && last.sandbox === sandbox && last.version === version) return this.#source;
    const known = this.#indices.get(sandbox);
    if (known !== undefined && this.#sources[known]?.version === version) this.#source = known;
    else {
      this.#source = this.#sources.push({ sandbox, version }) - 1;
      this.#indices.set(sandbox, this.#source);
    }
    return this.#source;
  }
}
