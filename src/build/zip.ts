import { createReadStream } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Archiver, EntryData } from 'archiver';
import type { Digest } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import type { BuiltArtifact } from './artifact.ts';

/** An entry of a zip: a file, or a link with a `target`. */
export type ZipItem =
  | { readonly path: string; readonly source: string; readonly executable: boolean }
  | { readonly path: string; readonly target: string };

/** Earliest date of the zip format; fixed for reproducible bytes. */
const DATE = new Date('1980-01-01T00:00:00Z');

/** Files up to this size are read at once instead of streamed (bytes). */
const WHOLE_FILE_BYTES = 1024 * 1024;

/**
 * Writes a reproducible zip: bytes depend only on paths, contents, targets and executable bits of `items` (pass them
 * sorted); one date, modes 0644 and 0755. Files are stored uncompressed, because zlib's output differs between
 * processors and versions; the zip only crosses a local socket. Ends `out`; on failure destroys it and throws
 * `LAM_BUILD_FILE_LOST` or its error.
 */
export async function writeZip(out: Writable, items: Iterable<ZipItem>): Promise<void> {
  const { ZipArchive } = await import('archiver');
  const archive = new ZipArchive({ store: true });
  const failed = new Promise<never>((_, reject) => {
    archive.on('error', reject);
    archive.on('warning', reject);
  });
  // Avoids an unhandled rejection after the last race below.
  failed.catch(() => undefined);
  const delivered = pipeline(archive, out);
  delivered.catch(() => undefined);
  try {
    for (const item of items) await Promise.race([append(archive, item), failed, delivered]);
    await Promise.race([archive.finalize(), failed, delivered]);
    await delivered;
  } catch (error) {
    archive.abort();
    archive.destroy(error instanceof Error ? error : undefined);
    out.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

/** Appends one item and waits for it: archiver would open all files of a long list at once. */
async function append(archive: Archiver, item: ZipItem): Promise<void> {
  const added = new Promise<void>((resolve) => {
    archive.once('entry', () => resolve());
  });
  if ('target' in item) {
    // archiver.symlink() has no date option and uses the current time.
    const link: EntryData & { readonly linkname: string } = {
      name: item.path,
      type: 'symlink',
      linkname: item.target,
      date: DATE,
      mode: 0o777,
    };
    archive.append(Buffer.alloc(0), link);
  } else {
    await appendFile(archive, item, added);
  }
  await added;
}

async function appendFile(
  archive: Archiver,
  item: Extract<ZipItem, { source: string }>,
  added: Promise<void>,
): Promise<void> {
  const data: EntryData = { name: item.path, date: DATE, mode: item.executable ? 0o755 : 0o644 };
  try {
    const { size } = await lstat(item.source);
    if (size <= WHOLE_FILE_BYTES) {
      archive.append(await readFile(item.source), data);
      return;
    }
    const stream = createReadStream(item.source);
    // archiver does not handle errors of its input streams.
    const broken = new Promise<never>((_, reject) => {
      stream.once('error', reject);
    });
    broken.catch(() => undefined);
    archive.append(stream, data);
    await Promise.race([added, broken]);
  } catch (error) {
    throw lamError('LAM_BUILD_FILE_LOST', { path: item.path, reason: messageOf(error) }, error);
  }
}

/**
 * Streams a zip of an artifact: everything (`all`), or each requested digest once, under the first path that has it. An
 * unreadable file ends the stream with `LAM_BUILD_FILE_LOST`.
 */
export function zipFiles(
  built: Pick<BuiltArtifact, 'manifest' | 'files'>,
  digests: ReadonlySet<Digest> | 'all',
): Readable {
  const out = new PassThrough();
  // The error reaches the reader through `out`.
  writeZip(out, itemsOf(built, digests)).catch((error: unknown) =>
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
    yield { path: entry.path, source, executable: entry.executable };
  }
}
