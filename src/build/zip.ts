import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Archiver, EntryData } from 'archiver';
import type { Digest } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import { pacer } from '../kit/index.ts';
import type { BuiltArtifact } from './artifact.ts';

/** An entry of a zip: a file, or a link with a `target`. */
export type ZipItem =
  | {
      readonly path: string;
      readonly source: string;
      readonly executable: boolean;
      /** Bytes to take from the beginning of a file that may have grown; absent: all. */
      readonly size?: number;
    }
  | { readonly path: string; readonly target: string }
  /** A file that is not on this disk; a stream is read when its turn comes. */
  | { readonly path: string; readonly executable: boolean; readonly content: Buffer | Readable };
type FileItem = Extract<ZipItem, { readonly source: string }>;

/** Earliest date of the zip format; fixed for reproducible bytes. */
const DATE = new Date('1980-01-01T00:00:00Z');

/** Files up to this size are read at once instead of streamed (bytes). */
const WHOLE_FILE_BYTES = 1024 * 1024;
/** Smaller pieces are collected to one of this size (bytes). */
const PIECE_BYTES = 64 * 1024;
/** Bounds of what waits in archiver's queue: entries, and bytes of their contents. */
const MOST_WAITING = 256;
const MOST_WAITING_BYTES = 4 * WHOLE_FILE_BYTES;

/**
 * Writes a reproducible zip: bytes depend only on paths, contents, targets and executable bits of `items` (pass them
 * sorted); one date, modes 0644 and 0755. Files are stored uncompressed, because zlib's output differs between
 * processors and versions; the zip only crosses a local socket. Ends `out`; on failure destroys it and throws
 * `LAM_BUILD_FILE_LOST` or its error. Calls `onEntry` after each entry.
 */
export async function writeZip(
  out: Writable,
  items: Iterable<ZipItem> | AsyncIterable<ZipItem>,
  onEntry?: () => void,
): Promise<void> {
  const { ZipArchive } = await import('archiver');
  const archive = new ZipArchive({ store: true });
  const failed = new Promise<never>((_, reject) => {
    archive.on('error', reject);
    archive.on('warning', reject);
  });
  // Avoids an unhandled rejection after the last race below.
  failed.catch(() => undefined);
  const delivered = pipeline(archive, gathered, out);
  delivered.catch(() => undefined);
  const queue = new EntryQueue(archive, onEntry);
  const pace = pacer();
  try {
    for await (const item of items) {
      await pace();
      const room = queue.append(item);
      if (room !== undefined) await Promise.race([room, failed, delivered]);
    }
    await Promise.race([archive.finalize(), failed, delivered]);
    await delivered;
  } catch (error) {
    archive.abort();
    archive.destroy(error instanceof Error ? error : undefined);
    out.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

/** Appends entries to an archive and bounds what waits there: archiver itself would keep or open all of a long list. */
class EntryQueue {
  readonly #archive: Archiver;
  /** Sizes of the contents that wait, in order. */
  readonly #waiting: number[] = [];
  #bytes = 0;
  /** Called after each entry that archiver has taken. */
  #taken: (() => void) | undefined;

  constructor(archive: Archiver, onEntry: (() => void) | undefined) {
    this.#archive = archive;
    archive.on('entry', () => {
      this.#bytes -= this.#waiting.shift() ?? 0;
      onEntry?.();
      this.#taken?.();
    });
  }

  get #hasRoom(): boolean {
    return this.#waiting.length < MOST_WAITING && this.#bytes < MOST_WAITING_BYTES;
  }

  /** Appends an item. Returns what to await before the next one, undefined for nothing. */
  append(item: ZipItem): Promise<void> | undefined {
    if ('target' in item) {
      // archiver.symlink() has no date option and uses the current time.
      const link: EntryData & { readonly linkname: string } = {
        name: item.path,
        type: 'symlink',
        linkname: item.target,
        date: DATE,
        mode: 0o777,
      };
      this.#add(Buffer.alloc(0), 0, link);
    } else {
      const data: EntryData = { name: item.path, date: DATE, mode: item.executable ? 0o755 : 0o644 };
      if ('content' in item) {
        if (!Buffer.isBuffer(item.content)) return this.#streamed(item.path, item.content, data);
        this.#add(item.content, item.content.length, data);
        return this.#hasRoom ? undefined : this.#until(() => this.#hasRoom);
      }
      const opened = open(item);
      if (opened.content === undefined) return this.#stream(item, opened, data);
      this.#add(opened.content, opened.content.length, data);
    }
    return this.#hasRoom ? undefined : this.#until(() => this.#hasRoom);
  }

  #add(content: Buffer | Readable, bytes: number, data: EntryData): void {
    this.#waiting.push(bytes);
    this.#bytes += bytes;
    this.#archive.append(content, data);
  }

  /** Resolves after the entry with which `holds` becomes true. */
  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#taken = () => {
        if (!holds()) return;
        this.#taken = undefined;
        resolve();
      };
    });
  }

  /** Streams a large file; alone, so that no more than one is open. */
  #stream(
    { path, source }: FileItem,
    { file, size }: { readonly file: number; readonly size: number },
    data: EntryData,
  ): Promise<void> {
    return this.#streamed(path, createReadStream(source, { fd: file, end: size - 1 }), data);
  }

  async #streamed(path: string, stream: Readable, data: EntryData): Promise<void> {
    // archiver does not handle errors of its input streams.
    const broken = new Promise<never>((_, reject) => {
      stream.once('error', (error) => reject(lost(path, error)));
    });
    broken.catch(() => undefined);
    this.#add(stream, 0, data);
    try {
      await Promise.race([this.#until(() => this.#waiting.length === 0), broken]);
    } finally {
      stream.destroy();
    }
  }
}

/** Collects small pieces, because each piece that a stream passes on costs as much as kilobytes of content. */
async function* gathered(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    if (size < PIECE_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(held);
}

/** A small file's content, or a larger file, open, and how much of it counts. */
type Opened =
  | { readonly content: Buffer }
  | { readonly content?: undefined; readonly file: number; readonly size: number };

function open({ path, source, size: most = Infinity }: FileItem): Opened {
  try {
    const file = openSync(source, 'r');
    let isKept = false;
    try {
      const size = Math.min(fstatSync(file).size, most);
      if (size <= WHOLE_FILE_BYTES) return { content: beginning(file, size) };
      isKept = true;
      return { file, size };
    } finally {
      if (!isKept) closeSync(file);
    }
  } catch (error) {
    throw lost(path, error);
  }
}

/** The first `size` bytes of a file, fewer where it is shorter. */
function beginning(file: number, size: number): Buffer {
  const content = Buffer.allocUnsafe(size);
  let at = 0;
  for (let read = -1; at < size && read !== 0; at += read) read = readSync(file, content, at, size - at, at);
  return content.subarray(0, at);
}

function lost(path: string, error: unknown): Error {
  return lamError('LAM_BUILD_FILE_LOST', { path, reason: messageOf(error) }, error);
}

/**
 * Streams a zip of an artifact: everything (`all`), or each requested digest once, under the first path that has it. An
 * unreadable file ends the stream with `LAM_BUILD_FILE_LOST`. Calls `onEntry` after each entry.
 */
export function zipFiles(
  built: Pick<BuiltArtifact, 'manifest' | 'files'>,
  digests: ReadonlySet<Digest> | 'all',
  onEntry?: () => void,
): Readable {
  const out = new PassThrough();
  // The error reaches the reader through `out`.
  writeZip(out, itemsOf(built, digests), onEntry).catch((error: unknown) =>
    out.destroy(error instanceof Error ? error : undefined),
  );
  return out;
}

function* itemsOf(
  { manifest, files }: Pick<BuiltArtifact, 'manifest' | 'files'>,
  digests: ReadonlySet<Digest> | 'all',
): Iterable<ZipItem> {
  const given = new Set<Digest>();
  for (const entry of manifest.entries) {
    if (entry.kind === 'symlink') {
      if (digests === 'all') yield { path: entry.path, target: entry.target };
      continue;
    }
    if (digests !== 'all' && (!digests.has(entry.digest) || given.has(entry.digest))) continue;
    given.add(entry.digest);
    const source = files.get(entry.path);
    if (source === undefined)
      throw lamError('LAM_INTERNAL_INVARIANT', { what: `the built file '${entry.path}' has no source` });
    yield { path: entry.path, source, executable: entry.executable, size: entry.size };
  }
}
