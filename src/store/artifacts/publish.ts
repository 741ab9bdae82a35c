import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, Manifest } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { pacer } from '../../kit/index.ts';
import { syncDirectory, writeDurable } from '../disk/atomic-file.ts';
import { flushFolders } from '../disk/flush.ts';
import { errnoOf } from '../disk/io-errors.ts';
import { objectName, type Layout } from '../disk/layout.ts';
import type { StagedFiles } from '../intake/staged-writer.ts';
import { readManifest } from './manifest.ts';
import {
  adoptObject,
  copyDurable,
  dropObjects,
  neededObjects,
  shardsOf,
  type Linker,
  type NeededObject,
} from './objects.ts';
import { soundFiles, statOf, type Verified } from './sound-objects.ts';
import { layTree } from './tree.ts';

/** An artifact to publish, and what its upload brought. */
export interface Publication {
  readonly artifact: Digest;
  readonly manifest: Manifest;
  readonly staged: StagedFiles;
  /** Folder for unfinished files. */
  readonly staging: string;
  /** All artifacts in the store. */
  readonly known: ReadonlySet<Digest>;
  readonly verified: Verified;
  readonly linker: Linker | undefined;
}

/** What a publication changed. */
export interface PublishOutcome {
  /** Size of the files that were new (bytes). */
  readonly added: number;
  /** Number of stored files that were lost or altered, and are whole again. */
  readonly files: number;
  /** Artifacts whose tree was lost or altered, and was laid out anew. */
  readonly relaid: readonly Digest[];
}

/**
 * Stores an artifact atomically and durably; one that the store has already is known to be lost or altered in part, and
 * is laid out anew. Files that do not have their content are replaced, with the trees of all artifacts that share them.
 * The caller lets nothing else change objects.
 * Throws `LAM_STORE_ARTIFACT_INCOMPLETE` or the system's errors; new objects are gone again then.
 */
export async function publishArtifact(paths: Layout, publication: Publication): Promise<PublishOutcome> {
  const { artifact, manifest, known } = publication;
  const adopted: NeededObject[] = [];
  const replaced = new Set<string>();
  try {
    await adoptAll(paths, publication, adopted, replaced);
    const relaid = await othersWith(paths, publication, replaced);
    if (!known.has(artifact)) await publishWhole(paths, publication, adopted);
    else relaid.push(artifact);
    if (relaid.length > 0) await flushFolders(shardsOf(paths, adopted));
    for (const [index, digest] of relaid.entries()) {
      const content = digest === artifact ? manifest : await readManifest(paths, digest);
      await replaceTree(paths, digest, content, { folder: join(publication.staging, `tree-${index}`), ...publication });
    }
    const added = adopted.filter((need) => !replaced.has(objectName(need.digest, need.executable)));
    const files = known.has(artifact) ? adopted.length : replaced.size;
    return { added: added.reduce((sum, { size }) => sum + size, 0), files, relaid };
  } catch (error) {
    await dropObjects(
      paths,
      adopted.filter((need) => !replaced.has(objectName(need.digest, need.executable))),
    );
    throw error;
  }
}

/** Makes a folder that sandboxes of other users pass through. */
async function makeWalkable(folder: string): Promise<void> {
  await mkdir(folder);
  // The umask cuts the mode given to mkdir.
  await chmod(folder, 0o711);
}

/**
 * Lays out an artifact's tree anew in place of the one that is there, if any, and drops its start-up caches, which may
 * have been altered with it. Its objects are sound. A crash in between leaves no tree, which the next use lays out.
 */
export async function replaceTree(
  paths: Layout,
  artifact: Digest,
  manifest: Manifest,
  { folder, linker }: { readonly folder: string; readonly linker: Linker | undefined },
): Promise<void> {
  const home = paths.artifact(artifact);
  await mkdir(folder);
  await flushFolders(await layTree(paths, manifest, join(folder, 'tree'), linker));
  if (!existsSync(home)) await makeWalkable(home);
  await writeDurable(join(folder, 'manifest.json'), JSON.stringify(manifest), 0o644);
  await rename(join(folder, 'manifest.json'), paths.manifest(artifact));
  for (const name of await readdir(home)) if (name.startsWith('startup-')) await unlink(join(home, name));
  if (statOf(paths.tree(artifact)) !== undefined) await rename(paths.tree(artifact), join(folder, 'old'));
  await rename(join(folder, 'tree'), paths.tree(artifact));
  await syncDirectory(home);
  await syncDirectory(paths.artifacts);
}

async function publishWhole(
  paths: Layout,
  { artifact, manifest, staging, linker }: Publication,
  adopted: readonly NeededObject[],
): Promise<void> {
  const whole = join(staging, 'artifact');
  await makeWalkable(whole);
  const folders = await layTree(paths, manifest, join(whole, 'tree'), linker);
  await writeDurable(join(whole, 'manifest.json'), JSON.stringify(manifest), 0o644);
  // All must be durable before the rename below publishes them.
  await flushFolders([...shardsOf(paths, adopted), ...folders, whole]);
  await putInPlace(whole, paths.artifact(artifact));
  await syncDirectory(paths.artifacts);
}

/** The other artifacts that share a file which was replaced: their trees still link the altered one. */
async function othersWith(
  paths: Layout,
  { artifact, known }: Publication,
  replaced: ReadonlySet<string>,
): Promise<Digest[]> {
  const others: Digest[] = [];
  if (replaced.size === 0) return others;
  for (const digest of known) {
    if (digest === artifact) continue;
    const manifest = await readManifest(paths, digest).catch(() => undefined);
    if (manifest === undefined) continue;
    if ([...neededObjects(manifest).keys()].some((name) => replaced.has(name))) others.push(digest);
  }
  return others;
}

/**
 * Makes objects of the staged files, or copies of the same content in the other mode, where the store has no sound
 * ones. Adds each to `adopted`, and to `replaced` the name of each that took the place of an altered one.
 */
async function adoptAll(
  paths: Layout,
  { manifest, staged, staging, verified }: Publication,
  adopted: NeededObject[],
  replaced: Set<string>,
): Promise<void> {
  const pace = pacer();
  const adopt = async (from: string, need: NeededObject): Promise<void> => {
    await pace();
    const name = objectName(need.digest, need.executable);
    if (statOf(join(paths.objects, name)) !== undefined) replaced.add(name);
    adoptObject(paths, from, need);
    adopted.push(need);
  };
  const needed = neededObjects(manifest);
  const sound = await soundFiles(paths.objects, needed, verified);
  const lacking: NeededObject[] = [];
  for (const [name, need] of needed) {
    if (sound.has(name)) continue;
    const file = staged.get(need.digest);
    if (file?.executable === need.executable) await adopt(file.path, need);
    else lacking.push(need);
  }
  const twins = new Map(lacking.map((need) => [objectName(need.digest, !need.executable), twinOf(need)]));
  const soundTwins = await soundFiles(paths.objects, twins, verified);
  const absent = lacking.filter((need) => !soundTwins.has(objectName(need.digest, !need.executable)));
  const first = absent[0];
  if (first !== undefined)
    throw lamError('LAM_STORE_ARTIFACT_INCOMPLETE', { missing: absent.length, path: first.path });
  for (const [index, need] of lacking.entries()) {
    const copy = join(staging, `copy-${index}`);
    await copyDurable(paths.object(need.digest, !need.executable), copy, need.executable);
    await adopt(copy, need);
  }
}

/** Returns the same content in the other mode. Pure. */
export function twinOf(need: NeededObject): NeededObject {
  return { ...need, executable: !need.executable };
}

/**
 * Renames, or does nothing when the target exists: paths are named by content and filled by one rename, so it is the
 * same.
 */
async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
  }
}
