import {
  knownRequestId,
  type LogRecord,
  type LogStream,
  type PlatformRecord,
  type SandboxId,
  type VersionNumber,
} from '../contract/index.ts';
import { platformText } from './platform-text.ts';

/** Where a record was printed. */
export interface Source {
  readonly version: VersionNumber;
  readonly sandbox: SandboxId;
}

/**
 * Layout of the encoded records of one function and flush, all numbers little-endian:
 *
 * `u8 encoding | 3 unused | u32 records | u32 figures | u32 bytes of sources`, then for each record
 * `f64 time | u32 units of text | u16 source | u8 kind | u8 units of request id`, then the figures as f64, the sources
 * as JSON (`[[version, sandbox], ...]`), and last one text: for each record its request id and its own text. Lengths
 * of texts count UTF-16 units.
 */
export const LAYOUT = { prefixBytes: 16, headBytes: 16, figureBytes: 8 } as const;

/** Encoding of the text at the end: UTF-16 only when it has lone surrogates, which UTF-8 cannot represent. */
export const ENCODING = { utf8: 1, utf16: 2 } as const;

/**
 * Kind of a record. `report`: has figures; `failedReport`: also an error type as its text; `platform`: JSON as its
 * text.
 */
export const KIND = { stdout: 0, stderr: 1, start: 2, report: 3, failedReport: 4, platform: 5 } as const;

/** The platform record that ends an invocation. */
export type Report = Extract<PlatformRecord, { type: 'report' }>;

export const STATUSES: readonly Report['status'][] = ['success', 'error', 'timeout', 'failure'];
export const STARTS: readonly Report['start'][] = ['cold', 'warm', 'stem'];

/** Number of figures of a report. */
const REPORT_FIGURES = 7;
type Kept =
  | 'type'
  | 'status'
  | 'start'
  | 'durationMs'
  | 'billedMs'
  | 'memoryMiB'
  | 'maxMemoryMiB'
  | 'initMs'
  | 'errorType';
/** `Report`, or `never` when a member of it is not encoded, which makes {@link reportOf} a type error. */
type KeptReport = [Exclude<keyof Report, Kept>] extends [never] ? Report : never;

/** Decodes a chunk that `node` wrote; leaves out what is damaged. Never throws. */
export function decodeChunk(body: Uint8Array | string, node: LogRecord['node']): LogRecord[] {
  if (typeof body === 'string') return decodeLines(body, node);
  const records: LogRecord[] = [];
  try {
    for (const record of new ChunkReader(body, node).records()) records.push(record);
  } catch {
    // Truncated or not a chunk: the records decoded so far are valid.
  }
  return records;
}

class ChunkReader {
  readonly #node: LogRecord['node'];
  readonly #view: DataView;
  readonly #count: number;
  readonly #sources: readonly (readonly [VersionNumber, SandboxId])[];
  readonly #text: string;
  #figureAt: number;
  #textAt = 0;

  /** Throws when `body` is not a chunk. */
  constructor(body: Uint8Array, node: LogRecord['node']) {
    this.#node = node;
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.#count = this.#view.getUint32(4, true);
    this.#figureAt = LAYOUT.prefixBytes + this.#count * LAYOUT.headBytes;
    const sourcesAt = this.#figureAt + this.#view.getUint32(8, true) * LAYOUT.figureBytes;
    const textAt = sourcesAt + this.#view.getUint32(12, true);
    this.#sources = JSON.parse(bytes.toString('utf8', sourcesAt, textAt)) as [VersionNumber, SandboxId][];
    this.#text = bytes.toString(this.#view.getUint8(0) === ENCODING.utf16 ? 'utf16le' : 'utf8', textAt);
  }

  *records(): Generator<LogRecord, void> {
    for (let i = 0; i < this.#count; i++) {
      const at = LAYOUT.prefixBytes + i * LAYOUT.headBytes;
      const time = this.#view.getFloat64(at, true);
      const source = this.#sources[this.#view.getUint16(at + 12, true)];
      const kind = this.#view.getUint8(at + 14);
      const requestId = this.#requestId(this.#view.getUint8(at + 15));
      const own = this.#take(this.#view.getUint32(at + 8, true));
      if (source === undefined || this.#textAt > this.#text.length) return;
      const [version, sandbox] = source;
      const origin = { requestId, version, sandbox, node: this.#node };
      if (kind === KIND.stdout || kind === KIND.stderr) {
        yield { time, stream: kind === KIND.stdout ? 'stdout' : 'stderr', ...origin, text: own };
      } else {
        const platform = this.#platform(kind, own);
        yield { time, stream: 'platform', ...origin, text: platformText(platform, requestId, version), platform };
      }
    }
  }

  /** Ids in the file are lam's own. */
  #requestId(units: number): LogRecord['requestId'] {
    return units === 0 ? '' : knownRequestId(this.#take(units));
  }

  #take(units: number): string {
    return this.#text.slice(this.#textAt, (this.#textAt += units));
  }

  #platform(kind: number, own: string): PlatformRecord {
    if (kind === KIND.start) return { type: 'start' };
    if (kind === KIND.platform) return JSON.parse(own) as PlatformRecord;
    const figures = Array.from({ length: REPORT_FIGURES }, (_, i) =>
      this.#view.getFloat64(this.#figureAt + i * LAYOUT.figureBytes, true),
    );
    this.#figureAt += REPORT_FIGURES * LAYOUT.figureBytes;
    return reportOf(figures, kind === KIND.failedReport ? own : undefined);
  }
}

function reportOf(figures: readonly number[], errorType: string | undefined): KeptReport {
  const [status = 0, start = 0, durationMs = 0, billedMs = 0, memoryMiB = 0, maxMemoryMiB = 0, initMs = Number.NaN] =
    figures;
  return {
    type: 'report',
    status: STATUSES[status] ?? 'failure',
    durationMs,
    billedMs,
    memoryMiB,
    maxMemoryMiB,
    start: STARTS[start] ?? 'cold',
    ...(errorType === undefined ? undefined : { errorType }),
    ...(Number.isNaN(initMs) ? undefined : { initMs }),
  };
}

const STREAM: Readonly<Record<string, LogStream>> = { o: 'stdout', e: 'stderr', p: 'platform' };

/** Decodes the first format: one line of JSON per record, parsed by {@link decodeLine}. */
function decodeLines(body: string, node: LogRecord['node']): LogRecord[] {
  return body.split('\n').flatMap((line) => decodeLine(line, node) ?? []);
}

function decodeLine(line: string, node: LogRecord['node']): LogRecord | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // A line that is not JSON is skipped.
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length !== 6) return undefined;
  const [time, letter, requestId, version, sandbox, rest] = parsed as [
    number,
    string,
    LogRecord['requestId'],
    VersionNumber,
    SandboxId,
    unknown,
  ];
  const stream = STREAM[letter];
  if (stream === undefined) return undefined;
  if (typeof rest === 'string') return { time, stream, requestId, version, sandbox, node, text: rest };
  const platform = rest as PlatformRecord;
  return {
    time,
    stream,
    requestId,
    version,
    sandbox,
    node,
    text: platformText(platform, requestId, version),
    platform,
  };
}
