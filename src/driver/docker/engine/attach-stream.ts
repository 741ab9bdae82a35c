const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Demultiplexes Docker's attach stream: frames of `u8 stream, 3 bytes 0, u32 length (big-endian)` and that many bytes.
 * Delivers chunks as they arrive, without waiting for a frame's end.
 */
export class AttachStream {
  readonly #onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerLength = 0;
  #left = 0;

  constructor(onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void) {
    this.#onOutput = onOutput;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const end = Math.min(chunk.length, at + this.#left);
        this.#left -= end - at;
        this.#onOutput(this.#header[0] === STDERR ? 'stderr' : 'stdout', chunk.subarray(at, end));
        at = end;
      } else {
        const copied = chunk.copy(this.#header, this.#headerLength, at, at + HEADER_BYTES - this.#headerLength);
        at += copied;
        this.#headerLength += copied;
        if (this.#headerLength < HEADER_BYTES) return;
        this.#headerLength = 0;
        this.#left = this.#header.readUInt32BE(4);
      }
    }
  }
}
