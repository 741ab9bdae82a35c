import { chmod, copyFile, link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Digest, Manifest } from '../../contract/index.ts';
import { syncDirectory } from '../disk/atomic-file.ts';
import { eachLimited } from '../../kit/index.ts';
import { PARALLEL_FILES } from '../disk/parallel-files.ts';
import { errnoOf } from '../disk/io-errors.ts';
import { objectName, type Layout } from '../disk/layout.ts';
import { statEach } from '../disk/stat-each.ts';

/** Identifies a file in the store: content and mode. */
export interface ObjectKey {
  readonly digest: Digest;
  readonly executable: boolean;
}

/** An object that an artifact needs. */
export interface NeededObject extends ObjectKey {
  readonly size: number;
  /** One of its paths in the artifact, for messages. */
  readonly path: string;
}

const OBJECT_NAME = /^[0-9a-f]{64}x?$/;

/** Codes of a refused hard link that a copy replaces: too many links to the file, or unsupported by the file system. */
const NO_LINK: ReadonlySet<string> = new Set(['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']);

/** Returns an object's mode: read-only for everyone. */
export function objectMode(executable: boolean): number {
  return executable ? 0o555 : 0o444;
}

/** Names of all objects, relative to the objects folder. */
export async function allObjects(paths: Layout): Promise<string[]> {
  const names: string[] = [];
  for (const shard of await readdir(paths.objects)) {
    for (const name of await readdir(join(paths.objects, shard))) {
      if (OBJECT_NAME.test(name)) names.push(`${shard}/${name}`);
    }
  }
  return names;
}

/**
 * Returns which of `needed` the store has. An object of another size counts as absent: a damaged one is replaced, and a
 * manifest with wrong sizes is refused.
 */
export async function presentObjects(paths: Layout, needed: ReadonlyMap<string, NeededObject>): Promise<Set<string>> {
  const present = new Set<string>();
  await statEach(paths.objects, needed.keys(), (name, stat) => {
    if (stat !== undefined && stat.size === needed.get(name)?.size) present.add(name);
  });
  return present;
}

/** Renames a staged file, which must be flushed already, to an object. */
export async function adoptObject(paths: Layout, staged: string, key: ObjectKey): Promise<void> {
  const target = paths.object(key.digest, key.executable);
  await mkdir(dirname(target), { recursive: true });
  await rename(staged, target);
}

/** Removes objects again when their artifact could not be published. Ignores failures: gc removes what stays. */
export async function dropObjects(paths: Layout, keys: Iterable<ObjectKey>): Promise<void> {
  for (const key of keys) await unlink(paths.object(key.digest, key.executable)).catch(() => undefined);
}

/** Flushes the directory entries of `keys`. */
export async function syncShards(paths: Layout, keys: Iterable<ObjectKey>): Promise<void> {
  const shards = new Set([...keys].map((key) => dirname(paths.object(key.digest, key.executable))));
  if (shards.size > 0) await eachLimited([...shards, paths.objects], PARALLEL_FILES, syncDirectory);
}

/** Makes a hard link. Tests pass one that fails as some file systems do. */
export type Linker = (from: string, to: string) => Promise<void>;

/** Makes `to` a hard link to the object, or a flushed copy where the file system refuses links. */
export async function placeObject(from: string, to: string, executable: boolean, linker: Linker = link): Promise<void> {
  try {
    await linker(from, to);
  } catch (error) {
    if (!NO_LINK.has(errnoOf(error) ?? '')) throw error;
    await copyDurable(from, to, executable);
  }
}

/** Copies a file and flushes the copy; shares blocks where the file system supports it. */
export async function copyDurable(from: string, to: string, executable: boolean): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(to, objectMode(executable));
  const file = await open(to, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Returns the objects that a manifest needs, by name. Pure. */
export function neededObjects(manifest: Manifest): Map<string, NeededObject> {
  const needed = new Map<string, NeededObject>();
  for (const entry of manifest.entries) {
    if (entry.kind !== 'file') continue;
    const { digest, executable, size, path } = entry;
    const name = objectName(digest, executable);
    if (!needed.has(name)) needed.set(name, { digest, executable, size, path });
  }
  return needed;
}
