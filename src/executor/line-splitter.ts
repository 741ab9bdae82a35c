const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Largest length up to `limit` that does not split a UTF-8 character; `limit` itself for text that is not UTF-8, the
 * length of shorter text.
 */
export function characterBoundary(bytes: Uint8Array, limit: number): number {
  if (bytes.length <= limit) return bytes.length;
  let end = limit;
  // A character has at most three continuation bytes.
  while (end > limit - 3 && end > 0 && isContinuation(bytes[end])) end--;
  return isContinuation(bytes[end]) ? limit : end;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/**
 * Splits a byte stream into lines of UTF-8 text, without line breaks. Truncates a line to `limit` bytes and drops its
 * rest.
 */
export class LineSplitter {
  readonly #limit: number;
  readonly #onLine: (text: string) => void;
  #parts: Uint8Array[] = [];
  /** Buffered bytes of the current line; up to one more than the limit, to detect truncation. */
  #length = 0;
  #started = false;

  constructor(limit: number, onLine: (text: string) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  /** Processes the next bytes; calls back for each completed line. The caller may reuse the chunk afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.slice(start));
  }

  /** Delivers an unfinished last line, if any. */
  flush(): void {
    if (this.#started) this.#emit();
  }

  #keep(part: Uint8Array): void {
    this.#started = true;
    const room = this.#limit + 1 - this.#length;
    if (room <= 0 || part.length === 0) return;
    this.#parts.push(part.length > room ? part.subarray(0, room) : part);
    this.#length += Math.min(room, part.length);
  }

  #emit(): void {
    const bytes = Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    this.#started = false;
    const end = bytes.at(-1) === RETURN ? bytes.length - 1 : characterBoundary(bytes, this.#limit);
    this.#onLine(bytes.toString('utf8', 0, end));
  }
}
