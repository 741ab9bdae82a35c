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

/** One file the store holds or should hold: content and mode. */
export interface ObjectKey {
  readonly digest: Digest;
  readonly executable: boolean;
}

/** An object that an artifact is made of. */
export interface NeededObject extends ObjectKey {
  readonly size: number;
  /** One of the places it is needed at, for messages. */
  readonly path: string;
}

const OBJECT_NAME = /^[0-9a-f]{64}x?$/;

/** Why a hard link cannot be had although nothing is wrong: too many on this file, or none on this file system. */
const NO_LINK: ReadonlySet<string> = new Set(['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']);

/** Mode of an object: read-only for all. */
export function objectMode(executable: boolean): number {
  return executable ? 0o555 : 0o444;
}

/** Names (below the objects folder) of all objects there are. */
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
 * Which of `needed` the store holds. One of another size than asked for counts as absent, so that a damaged object is
 * replaced and a manifest cannot lie about sizes.
 */
export async function presentObjects(paths: Layout, needed: ReadonlyMap<string, NeededObject>): Promise<Set<string>> {
  const present = new Set<string>();
  await statEach(paths.objects, needed.keys(), (name, stat) => {
    if (stat !== undefined && stat.size === needed.get(name)?.size) present.add(name);
  });
  return present;
}

/** Makes a staged file, already flushed to the disk, an object by renaming it. */
export async function adoptObject(paths: Layout, staged: string, key: ObjectKey): Promise<void> {
  const target = paths.object(key.digest, key.executable);
  await mkdir(dirname(target), { recursive: true });
  await rename(staged, target);
}

/** Removes objects that were adopted for an artifact that then could not be published. */
export async function dropObjects(paths: Layout, keys: Iterable<ObjectKey>): Promise<void> {
  for (const key of keys) await unlink(paths.object(key.digest, key.executable)).catch(() => undefined);
}

/** Flushes the folders that hold `keys`, and the folder above them. */
export async function syncShards(paths: Layout, keys: Iterable<ObjectKey>): Promise<void> {
  const shards = new Set([...keys].map((key) => dirname(paths.object(key.digest, key.executable))));
  if (shards.size > 0) await eachLimited([...shards, paths.objects], PARALLEL_FILES, syncDirectory);
}

/** How {@link placeObject} links; replaced in tests by file systems that refuse. */
export type Linker = (from: string, to: string) => Promise<void>;

/** Puts the object at `to`: a hard link, or a copy flushed to the disk where no link can be had. */
export async function placeObject(from: string, to: string, executable: boolean, linker: Linker = link): Promise<void> {
  try {
    await linker(from, to);
  } catch (error) {
    if (!NO_LINK.has(errnoOf(error) ?? '')) throw error;
    await copyDurable(from, to, executable);
  }
}

/** Copies a file, sharing its blocks where the file system can, and flushes the copy. */
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

/** The objects a manifest needs, each once, by name. */
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
