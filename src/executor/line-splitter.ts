import { LIMITS } from '../contract/index.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Cuts a stream of bytes into lines of UTF-8 text, without their line breaks. A line longer than `limit` bytes is
 * given once, cut to that length; the rest of it is dropped.
 */
export class LineSplitter {
  readonly #onLine: (text: string) => void;
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(onLine: (text: string) => void, limit: number = LIMITS.logRecordBytes) {
    this.#onLine = onLine;
    this.#limit = limit;
  }

  /** Takes the next bytes; calls back once for each line they complete. The chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.slice(start));
  }

  /** Gives what is left over as a line of its own, if anything is. */
  flush(): void {
    if (this.#length > 0) this.#emit();
  }

  #keep(part: Uint8Array): void {
    const room = this.#limit - this.#length;
    if (room <= 0 || part.length === 0) return;
    this.#parts.push(part.length > room ? part.subarray(0, room) : part);
    this.#length += Math.min(room, part.length);
  }

  #emit(): void {
    const [only] = this.#parts;
    const bytes =
      this.#parts.length === 1 && only !== undefined ? Buffer.from(only.buffer, only.byteOffset, only.length) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    const end = bytes.at(-1) === RETURN ? bytes.length - 1 : bytes.length;
    this.#onLine(bytes.toString('utf8', 0, end));
  }
}
