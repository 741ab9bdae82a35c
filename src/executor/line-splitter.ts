const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * How many of the first `limit` bytes of UTF-8 text can be kept without cutting a character in two. All of them
 * where the text is shorter, or is not UTF-8.
 */
export function characterBoundary(bytes: Uint8Array, limit: number): number {
  if (bytes.length <= limit) return bytes.length;
  let end = limit;
  // A character has at most three bytes behind its first.
  while (end > limit - 3 && end > 0 && isContinuation(bytes[end])) end--;
  return isContinuation(bytes[end]) ? limit : end;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/**
 * Cuts a stream of bytes into lines of UTF-8 text, without their line breaks. A line longer than `limit` bytes is
 * given once, cut to that length; the rest of it is dropped.
 */
export class LineSplitter {
  readonly #limit: number;
  readonly #onLine: (text: string) => void;
  #parts: Uint8Array[] = [];
  /** Bytes kept of the line so far; one more than the limit at most, to tell whether it has to be cut. */
  #length = 0;
  #started = false;

  constructor(limit: number, onLine: (text: string) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  /** Takes the next bytes; calls back once for each line they complete. The caller may reuse the chunk afterwards. */
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
