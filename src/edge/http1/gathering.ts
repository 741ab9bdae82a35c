/** What is set aside for a body before any of it has come, bytes. */
const FIRST_BYTES = 256 * 1024;

/** A body of known length that comes in pieces. A length that is a lie costs little: memory is taken as bytes arrive. */
export class Gathering {
  readonly #length: number;
  #bytes: Buffer;
  #filled = 0;

  /** `length` at least 1. */
  constructor(length: number) {
    this.#length = length;
    // Not from Node's pool: a body may live for as long as its invocation.
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(length, FIRST_BYTES));
  }

  /** Takes what belongs to the body from `chunk` at `at` on, and gives where the rest begins. */
  add(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#length - this.#filled);
    if (this.#filled + end - at > this.#bytes.length) this.#grow();
    this.#filled += chunk.copy(this.#bytes, this.#filled, at, end);
    return end;
  }

  /** The whole body, or undefined while some of it is missing. */
  get whole(): Buffer | undefined {
    return this.#filled === this.#length ? this.#bytes : undefined;
  }

  /** Once a good part of it was really sent, the rest of the memory is taken in one go: pages nobody wrote to cost nothing. */
  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(grown, 0, 0, this.#filled);
    this.#bytes = grown;
  }
}
