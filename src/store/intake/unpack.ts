import { byPath, type Digest, type Manifest, type ManifestEntry } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { eachLimited } from '../../kit/index.ts';
import { treeFault } from '../artifacts/tree-rules.ts';
import { PARALLEL_FILES } from '../disk/parallel-files.ts';
import { StagedWriter, type StagedFiles, type Written } from './staged-writer.ts';
import type { ZipEntry } from './zip-entries.ts';
import { isSmall, type ZipReader } from './zip-reader.ts';

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
  const writer = new StagedWriter(folder, chosen.length);
  await eachLimited(chosen, PARALLEL_FILES, async ({ entry, as }) => {
    const written = await unpackEntry(zip, writer, entry, as.executable);
    if (written.size !== as.size) {
      throw lamError('LAM_STORE_ARTIFACT_MISMATCH', {
        path: as.path,
        what: `${written.size} bytes instead of ${as.size}`,
      });
    }
    if (written.digest !== as.digest)
      throw lamError('LAM_STORE_ARTIFACT_MISMATCH', { path: as.path, what: 'its digest differs' });
  });
  await writer.flush();
  return writer.staged;
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
  const writer = new StagedWriter(folder, files.length);
  await eachLimited(files, PARALLEL_FILES, async (entry) => {
    const { digest, size } = await unpackEntry(zip, writer, entry, entry.executable);
    entries.push({ path: entry.path, kind: 'file', digest, size, executable: entry.executable });
  });
  await writer.flush();
  return { manifest: { entries: entries.toSorted(byPath) }, staged: writer.staged };
}

// oxlint-disable-next-line max-params -- from where, to where, and what
function unpackEntry(zip: ZipReader, writer: StagedWriter, entry: ZipEntry, executable: boolean): Promise<Written> {
  return isSmall(entry)
    ? writer.writeSmall(() => zip.readSmall(entry), executable)
    : writer.writeLarge((sink) => zip.read(entry, sink), executable);
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
