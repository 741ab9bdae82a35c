import { crc32, inflateRawSync } from 'node:zlib';
import { fromBufferPromise, openPromise, type ZipFile } from 'yauzl';
import { lamError } from '../../errors/index.ts';
import type { ArtifactLimits } from '../artifacts/limits.ts';
import { invariant } from '../../kit/index.ts';
import { errnoOf } from '../disk/io-errors.ts';
import { ZipBytes, type ZipSource } from './zip-bytes.ts';
import { listEntries, METHOD_DEFLATE, tooLarge, type ZipEntry } from './zip-entries.ts';
import { locateEntries } from './zip-ranges.ts';

/** Longest target of a symbolic link (bytes). */
const TARGET_BYTES = 4096;
/** Entries up to this size, packed and unpacked, are unpacked in one piece without a stream (bytes). */
const SMALL_BYTES = 256 * 1024;
const MAGIC = Buffer.from('PK');
const OPTIONS = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true } as const;

/** An open zip and its entries. The owner closes it. */
export class ZipReader {
  readonly entries: readonly ZipEntry[];
  readonly #bytes: ZipBytes;
  readonly #zip: ZipFile | undefined;
  readonly #limits: ArtifactLimits;
  #unpacked = 0;

  private constructor(zip: ZipFile | undefined, bytes: ZipBytes, entries: readonly ZipEntry[], limits: ArtifactLimits) {
    this.#zip = zip;
    this.#bytes = bytes;
    this.entries = entries;
    this.#limits = limits;
  }

  /** Opens a zip. Throws a `LAM_STORE_ZIP_*` error unless every entry may be unpacked. */
  static async open(source: ZipSource, limits: ArtifactLimits): Promise<ZipReader> {
    const bytes = new ZipBytes(source);
    let zip: ZipFile | undefined;
    try {
      if (bytes.size > limits.zipBytes)
        throw lamError('LAM_STORE_ZIP_TOO_LARGE', { what: 'the zip', limit: limits.zipBytes });
      if (bytes.size > 0) zip = await openDirectory(source, bytes);
      const listed = zip === undefined ? [] : await listEntries(zip, limits);
      return new ZipReader(zip, bytes, await locateEntries(bytes, listed), limits);
    } catch (error) {
      zip?.close();
      bytes.close();
      throw error;
    }
  }

  /**
   * Unpacks one entry into `sink`, piece by piece, and verifies its size and checksum. Throws `LAM_STORE_ZIP_CORRUPT`,
   * `LAM_STORE_ZIP_TOO_LARGE` when all entries read so far exceed the limit, or what `sink` throws.
   */
  async read(entry: ZipEntry, sink: (piece: Buffer) => Promise<void> | void): Promise<void> {
    if (isSmall(entry)) {
      await sink(this.readSmall(entry));
      return;
    }
    let sum = 0;
    let failure: { readonly of: unknown } | undefined;
    try {
      for await (const piece of await this.#stream(entry)) {
        sum = crc32(piece, sum);
        try {
          this.#count(piece.length);
          await sink(piece);
        } catch (error) {
          // Remembered, because the outer catch takes every other error for a damaged zip.
          failure = { of: error };
          throw error;
        }
      }
    } catch (error) {
      if (failure !== undefined) throw failure.of;
      throw damaged(entry, error);
    }
    refuseSum(entry, sum);
  }

  /** Unpacks an entry for which {@link isSmall} holds, in one piece. Throws as {@link read} does. */
  readSmall(entry: ZipEntry): Buffer {
    const { compressedSize, compressionMethod, uncompressedSize } = entry.raw;
    const packed = this.#bytes.read(entry.dataStart, compressedSize);
    let content = packed;
    if (compressionMethod === METHOD_DEFLATE) {
      try {
        content = inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
      } catch (error) {
        throw damaged(entry, error);
      }
    }
    if (content.length !== uncompressedSize) throw damaged(entry);
    refuseSum(entry, crc32(content));
    this.#count(content.length);
    return content;
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
    this.#bytes.close();
  }

  #stream({ raw, dataStart }: ZipEntry): Promise<AsyncIterable<Buffer>> {
    const zip = this.#zip;
    invariant(zip !== undefined, 'a zip with entries is open');
    const { compressedSize, compressionMethod, uncompressedSize } = raw;
    const inflate = compressionMethod === METHOD_DEFLATE;
    return new Promise((resolve, reject) => {
      zip.openReadStreamLowLevel(
        dataStart,
        compressedSize,
        0,
        compressedSize,
        inflate,
        uncompressedSize,
        (error, stream) => (error === null ? resolve(stream) : reject(error)),
      );
    });
  }

  #count(bytes: number): void {
    this.#unpacked += bytes;
    if (this.#unpacked > this.#limits.unpackedBytes) throw tooLarge(this.#limits);
  }
}

/** Whether an entry is so small that it is unpacked in one piece. */
export function isSmall({ raw }: ZipEntry): boolean {
  return raw.uncompressedSize <= SMALL_BYTES && raw.compressedSize <= SMALL_BYTES;
}

async function openDirectory(source: ZipSource, bytes: ZipBytes): Promise<ZipFile> {
  try {
    return 'path' in source
      ? await openPromise(source.path, OPTIONS)
      : await fromBufferPromise(Buffer.from(source.bytes), OPTIONS);
  } catch (error) {
    if (errnoOf(error) !== undefined) throw error;
    throw bytes.read(0, MAGIC.length).equals(MAGIC)
      ? lamError('LAM_STORE_ZIP_TRUNCATED', { why: 'its end is missing' }, error)
      : lamError('LAM_STORE_ZIP_NOT_A_ZIP', {}, error);
  }
}

function refuseSum({ path, raw }: ZipEntry, sum: number): void {
  if (sum !== raw.crc32) throw lamError('LAM_STORE_ZIP_CORRUPT', { entry: path, why: 'its checksum is wrong' });
}

function damaged({ path }: ZipEntry, cause?: unknown): Error {
  const why = 'its data does not unpack to what its header says';
  return lamError('LAM_STORE_ZIP_CORRUPT', { entry: path, why }, cause);
}
