/** Memory allocated before the first byte of a body arrives (bytes). */
const FIRST_BYTES = 256 * 1024;

/** Collects a body of known length from pieces. A false length costs little: memory grows as bytes arrive. */
export class Gathering {
  readonly #length: number;
  #bytes: Buffer;
  #filled = 0;

  /** `length` at least 1. */
  constructor(length: number) {
    this.#length = length;
    // Not from Node's buffer pool: a body may live as long as its invocation and would keep the whole slab.
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(length, FIRST_BYTES));
  }

  /** Takes the body's part of `chunk` from `at` on; returns where the rest begins. */
  add(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#length - this.#filled);
    if (this.#filled + end - at > this.#bytes.length) this.#grow();
    this.#filled += chunk.copy(this.#bytes, this.#filled, at, end);
    return end;
  }

  /** The complete body, or undefined while bytes are missing. */
  get whole(): Buffer | undefined {
    return this.#filled === this.#length ? this.#bytes : undefined;
  }

  /** Allocates the full length once the first part has arrived; untouched pages cost nothing. */
  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(grown, 0, 0, this.#filled);
    this.#bytes = grown;
  }
}
