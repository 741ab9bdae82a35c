import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { fromBufferPromise, openPromise, type ZipFile } from 'yauzl';
import { lamError } from '../../errors/index.ts';
import type { ArtifactLimits } from '../artifacts/limits.ts';
import { errnoOf } from '../disk/io-errors.ts';
import { listEntries, tooLarge, type ZipEntry } from './zip-entries.ts';

/** A zip in a file or in memory. Zero bytes stand for a zip without entries. */
export type ZipSource = { readonly path: string } | { readonly bytes: Uint8Array };

/** Longest target of a symbolic link (bytes). */
const TARGET_BYTES = 4096;
const OPTIONS = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true } as const;

/** An open zip and its entries. The owner closes it. */
export class ZipReader {
  readonly entries: readonly ZipEntry[];
  readonly #zip: ZipFile | undefined;
  readonly #limits: ArtifactLimits;
  #unpacked = 0;

  private constructor(zip: ZipFile | undefined, entries: readonly ZipEntry[], limits: ArtifactLimits) {
    this.#zip = zip;
    this.entries = entries;
    this.#limits = limits;
  }

  /** Opens a zip. Throws a `LAM_STORE_ZIP_*` error unless every entry may be unpacked. */
  static async open(source: ZipSource, limits: ArtifactLimits): Promise<ZipReader> {
    const { size, magic } = await look(source);
    if (size === 0) return new ZipReader(undefined, [], limits);
    if (size > limits.zipBytes) throw lamError('LAM_STORE_ZIP_TOO_LARGE', { what: 'the zip', limit: limits.zipBytes });
    let zip: ZipFile;
    try {
      zip =
        'path' in source
          ? await openPromise(source.path, OPTIONS)
          : await fromBufferPromise(Buffer.from(source.bytes), OPTIONS);
    } catch (error) {
      if (errnoOf(error) !== undefined) throw error;
      throw magic.startsWith('PK')
        ? lamError('LAM_STORE_ZIP_TRUNCATED', { why: 'its end is missing' }, error)
        : lamError('LAM_STORE_ZIP_NOT_A_ZIP', {}, error);
    }
    try {
      return new ZipReader(zip, await listEntries(zip, limits), limits);
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  /**
   * Unpacks one entry into `sink`, piece by piece, and verifies its size and checksum. Throws `LAM_STORE_ZIP_CORRUPT`,
   * `LAM_STORE_ZIP_TOO_LARGE` when all entries read so far exceed the limit, or what `sink` throws.
   */
  async read(entry: ZipEntry, sink: (piece: Buffer) => Promise<void> | void): Promise<void> {
    const zip = this.#zip;
    if (zip === undefined) return;
    let sum = 0;
    let failure: { readonly of: unknown } | undefined;
    try {
      const stream = await zip.openReadStreamPromise(entry.raw);
      for await (const piece of stream as AsyncIterable<Buffer>) {
        this.#unpacked += piece.length;
        sum = crc32(piece, sum);
        try {
          if (this.#unpacked > this.#limits.unpackedBytes) throw tooLarge(this.#limits);
          await sink(piece);
        } catch (error) {
          // Remembered, because the outer catch takes every other error for a damaged zip.
          failure = { of: error };
          throw error;
        }
      }
    } catch (error) {
      if (failure !== undefined) throw failure.of;
      throw lamError(
        'LAM_STORE_ZIP_CORRUPT',
        { entry: entry.path, why: 'its data does not unpack to what its header says' },
        error,
      );
    }
    if (sum !== entry.raw.crc32)
      throw lamError('LAM_STORE_ZIP_CORRUPT', { entry: entry.path, why: 'its checksum is wrong' });
  }

  /** Reads the target of a symbolic link. Throws `LAM_STORE_ZIP_UNSAFE_SYMLINK` when it is too long or not UTF-8. */
  async readTarget(entry: ZipEntry): Promise<string> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    await this.read(entry, (piece) => {
      bytes += piece.length;
      if (bytes <= TARGET_BYTES) pieces.push(piece);
    });
    const target = Buffer.concat(pieces).toString('utf8');
    if (bytes <= TARGET_BYTES && !target.includes('\uFFFD')) return target;
    throw lamError('LAM_STORE_ZIP_UNSAFE_SYMLINK', {
      entry: entry.path,
      target: target.slice(0, 60),
      why: 'its target is too long or not valid UTF-8',
    });
  }

  /** Idempotent. */
  close(): void {
    this.#zip?.close();
  }
}

async function look(source: ZipSource): Promise<{ size: number; magic: string }> {
  if ('bytes' in source)
    return { size: source.bytes.length, magic: Buffer.from(source.bytes.subarray(0, 2)).toString('latin1') };
  const file = await open(source.path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    const { size } = await file.stat();
    return { size, magic: buffer.toString('latin1', 0, bytesRead) };
  } finally {
    await file.close();
  }
}
