import { chmodSync, constants, copyFileSync, linkSync, mkdirSync, renameSync } from 'node:fs';
import { chmod, copyFile, open, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest, Manifest } from '../../contract/index.ts';
import { errnoOf } from '../disk/io-errors.ts';
import { objectName, type Layout } from '../disk/layout.ts';

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

const COPY_MODE = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

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
 * Renames a staged file, which must be flushed already, to an object. Synchronous, as {@link placeObject} is: awaited
 * calls take ten times as long, and there may be thousands; callers pace them.
 */
export function adoptObject(paths: Layout, staged: string, key: ObjectKey): void {
  const target = paths.object(key.digest, key.executable);
  try {
    renameSync(staged, target);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(target), { recursive: true });
    renameSync(staged, target);
  }
}

/** Removes objects again when their artifact could not be published. Ignores failures: gc removes what stays. */
export async function dropObjects(paths: Layout, keys: Iterable<ObjectKey>): Promise<void> {
  for (const key of keys) await unlink(paths.object(key.digest, key.executable)).catch(() => undefined);
}

/** Returns the folders that hold the entries of `keys`, for a flush. Pure. */
export function shardsOf(paths: Layout, keys: Iterable<ObjectKey>): string[] {
  const shards = new Set([...keys].map((key) => dirname(paths.object(key.digest, key.executable))));
  return shards.size === 0 ? [] : [...shards, paths.objects];
}

/** Makes a hard link. Tests pass one that fails as some file systems do. */
export type Linker = (from: string, to: string) => void;

/**
 * Makes `to` a hard link to the object, or a copy where that is refused. Returns whether it is a copy, which is not
 * flushed yet.
 */
export function placeObject(from: string, to: string, executable: boolean, linker: Linker = linkSync): boolean {
  try {
    linker(from, to);
    return false;
  } catch (error) {
    if (!NO_LINK.has(errnoOf(error) ?? '')) throw error;
    copyFileSync(from, to, COPY_MODE);
    chmodSync(to, objectMode(executable));
    return true;
  }
}

/** Copies a file and flushes the copy; shares blocks where the file system supports it. */
export async function copyDurable(from: string, to: string, executable: boolean): Promise<void> {
  await copyFile(from, to, COPY_MODE);
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
