import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A zip in a file or in memory. Zero bytes stand for a zip without entries. */
export type ZipSource = { readonly path: string } | { readonly bytes: Uint8Array };

/**
 * The bytes of a zip, read synchronously: its file was just written or is in the page cache, where a promise for each
 * read costs more than the read. The owner closes it.
 */
export class ZipBytes {
  /** Length of the whole zip (bytes). */
  readonly size: number;
  readonly #memory: Buffer | undefined;
  #file: number | undefined;

  /** Opens a zip. Throws the system's errors. */
  constructor(source: ZipSource) {
    if ('bytes' in source) {
      const { buffer, byteOffset, byteLength } = source.bytes;
      this.#memory = Buffer.from(buffer, byteOffset, byteLength);
      this.size = byteLength;
      return;
    }
    this.#file = openSync(source.path, 'r');
    this.size = fstatSync(this.#file).size;
  }

  /** Returns `length` bytes from `at` on, fewer at the end of the zip. Callers must not change them. */
  read(at: number, length: number): Buffer {
    if (this.#memory !== undefined) return this.#memory.subarray(at, at + length);
    const into = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - at)));
    if (this.#file === undefined || into.length === 0) return into.subarray(0, 0);
    return into.subarray(0, readSync(this.#file, into, 0, into.length, at));
  }

  /** Idempotent. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
