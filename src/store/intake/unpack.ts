import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { byPath, digestOf, type Digest, type Manifest, type ManifestEntry } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { writeDurable } from '../disk/atomic-file.ts';
import { eachLimited } from '../../kit/index.ts';
import { PARALLEL_FILES } from '../disk/parallel-files.ts';
import { objectMode } from '../artifacts/objects.ts';
import { treeFault } from '../artifacts/tree-rules.ts';
import type { ZipEntry } from './zip-entries.ts';
import type { ZipReader } from './zip-reader.ts';

/** Largest file that is written in one piece (bytes). */
const SMALL_BYTES = 256 * 1024;

/** A file that is ready to become an object. */
export interface StagedFile {
  readonly path: string;
  readonly size: number;
  /** Its mode is set accordingly. */
  readonly executable: boolean;
}

/** Flushed files in a staging folder, by the digest of their content. */
export type StagedFiles = Map<Digest, StagedFile>;

/**
 * Unpacks those files of an upload that the store lacks (`wanted`) and verifies each against the manifest. Throws
 * `LAM_STORE_ZIP_UNEXPECTED`, `LAM_STORE_ARTIFACT_MISMATCH` or what {@link ZipReader.read} throws.
 */
export async function unpackUpload(
  zip: ZipReader,
  manifest: Manifest,
  wanted: ReadonlySet<Digest>,
  folder: string,
): Promise<StagedFiles> {
  const expected = new Map(manifest.entries.map((entry) => [entry.path, entry]));
  const chosen: { entry: ZipEntry; as: Extract<ManifestEntry, { kind: 'file' }> }[] = [];
  const taken = new Set<Digest>();
  for (const entry of zip.entries) {
    if (entry.kind === 'directory') continue;
    const as = expected.get(entry.path);
    if (as === undefined) throw lamError('LAM_STORE_ZIP_UNEXPECTED', { entry: entry.path });
    if (as.kind === 'symlink') continue;
    if (!wanted.has(as.digest) || taken.has(as.digest)) continue;
    taken.add(as.digest);
    chosen.push({ entry, as });
  }
  const staged: StagedFiles = new Map();
  await eachLimited(chosen.entries(), PARALLEL_FILES, async ([index, { entry, as }]) => {
    const path = join(folder, String(index));
    const written = await writeEntry(zip, entry, path, as.executable);
    if (written.size !== as.size) {
      throw lamError('LAM_STORE_ARTIFACT_MISMATCH', {
        path: as.path,
        what: `${written.size} bytes instead of ${as.size}`,
      });
    }
    if (written.digest !== as.digest)
      throw lamError('LAM_STORE_ARTIFACT_MISMATCH', { path: as.path, what: 'its digest differs' });
    staged.set(as.digest, { path, size: written.size, executable: as.executable });
  });
  return staged;
}

/** Unpacks a zip that came without a manifest, and makes one. Throws a `LAM_STORE_ZIP_*` error. */
export async function unpackForeign(
  zip: ZipReader,
  folder: string,
): Promise<{ manifest: Manifest; staged: StagedFiles }> {
  const links = zip.entries.filter((entry) => entry.kind === 'symlink');
  const files = zip.entries.filter((entry) => entry.kind === 'file');
  if (links.length + files.length === 0) throw lamError('LAM_STORE_ZIP_EMPTY', {});
  const entries: ManifestEntry[] = [];
  for (const link of links) entries.push({ path: link.path, kind: 'symlink', target: await zip.readTarget(link) });
  refuseFaults(zip.entries, entries);
  const staged: StagedFiles = new Map();
  await eachLimited(files.entries(), PARALLEL_FILES, async ([index, entry]) => {
    const path = join(folder, String(index));
    const { digest, size } = await writeEntry(zip, entry, path, entry.executable);
    entries.push({ path: entry.path, kind: 'file', digest, size, executable: entry.executable });
    if (!staged.has(digest)) staged.set(digest, { path, size, executable: entry.executable });
  });
  return { manifest: { entries: entries.toSorted(byPath) }, staged };
}

/** Throws for what a manifest could not show: duplicate names, and folders at the path of a file. */
function refuseFaults(all: readonly ZipEntry[], links: readonly ManifestEntry[]): void {
  const targets = new Map(links.map((link) => [link.path, link.kind === 'symlink' ? link.target : '']));
  const things = all
    .filter((entry) => entry.kind !== 'directory')
    .map(({ path, kind }) => {
      const target = targets.get(path);
      return target === undefined || kind !== 'symlink'
        ? { path, kind: 'file' as const }
        : { path, kind: 'symlink' as const, target };
    });
  const fault = treeFault(things);
  if (fault?.kind === 'symlink') {
    throw lamError('LAM_STORE_ZIP_UNSAFE_SYMLINK', { entry: fault.path, target: fault.target ?? '', why: fault.why });
  }
  if (fault !== undefined) throw lamError('LAM_STORE_ZIP_CONFLICT', { entry: fault.path, why: fault.why });
  const paths = new Set(things.map((thing) => thing.path));
  for (const { path, kind } of all) {
    if (kind !== 'directory') continue;
    for (let above = path; above !== ''; above = above.slice(0, Math.max(0, above.lastIndexOf('/')))) {
      if (paths.has(above))
        throw lamError('LAM_STORE_ZIP_CONFLICT', { entry: path, why: `'${above}' is a folder and a file` });
    }
  }
}

async function writeEntry(
  zip: ZipReader,
  entry: ZipEntry,
  path: string,
  executable: boolean,
): Promise<{ digest: Digest; size: number }> {
  return entry.size <= SMALL_BYTES
    ? writeSmall(zip, entry, path, executable)
    : writeLarge(zip, entry, path, executable);
}

async function writeSmall(
  zip: ZipReader,
  entry: ZipEntry,
  path: string,
  executable: boolean,
): Promise<{ digest: Digest; size: number }> {
  const pieces: Buffer[] = [];
  await zip.read(entry, (piece) => void pieces.push(piece));
  const content = Buffer.concat(pieces);
  await writeDurable(path, content, objectMode(executable));
  return { digest: digestOf(createHash('sha256').update(content)), size: content.length };
}

async function writeLarge(
  zip: ZipReader,
  entry: ZipEntry,
  path: string,
  executable: boolean,
): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    await zip.read(entry, async (piece) => {
      hash.update(piece);
      size += piece.length;
      await file.writeFile(piece);
    });
    // The umask cuts the mode given to open.
    await file.chmod(objectMode(executable));
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: digestOf(hash), size };
}
