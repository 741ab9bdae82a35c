import { lstat, readdir, unlink } from 'node:fs/promises';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../contract/index.ts';
import { isLamError } from '../../errors/index.ts';
import { errnoOf } from '../disk/io-errors.ts';
import type { Layout } from '../disk/layout.ts';
import { readManifest } from './manifest.ts';
import { allObjects, neededObjects } from './objects.ts';
import { removeWhole } from '../disk/staging.ts';
import { statEach } from '../disk/stat-each.ts';

/** What gc removes, and the space that it frees. */
export interface Garbage {
  readonly artifacts: readonly Digest[];
  /** Names of objects. */
  readonly objects: readonly string[];
  /** On disk, with the trees. */
  readonly bytes: number;
}

const BLOCK = 512;

/**
 * Returns what removing `doomed` frees: their trees, and the objects that no `kept` artifact needs and `held` does not
 * protect. No objects if it cannot be known which are needed.
 */
export async function measureGarbage(
  paths: Layout,
  doomed: readonly Digest[],
  kept: Iterable<Digest>,
  held: (name: string) => boolean,
): Promise<Garbage> {
  const used = await usedObjects(paths, kept);
  let bytes = 0;
  for (const digest of doomed) bytes += await ownBytes(paths.artifact(digest));
  const all = used === undefined ? [] : await allObjects(paths);
  const objects = all.filter((name) => used?.has(name) === false && !held(name));
  for (const size of (await objectBytes(paths, objects)).values()) bytes += size;
  return { artifacts: doomed, objects, bytes };
}

/** The objects that these artifacts need; undefined if the list of one is lost or altered. */
async function usedObjects(paths: Layout, artifacts: Iterable<Digest>): Promise<Set<string> | undefined> {
  const used = new Set<string>();
  for (const digest of artifacts) {
    try {
      for (const name of neededObjects(await readManifest(paths, digest)).keys()) used.add(name);
    } catch (error) {
      if (isLamError(error) && error.code === 'LAM_STORE_ARTIFACT_LOST') return undefined;
      throw error;
    }
  }
  return used;
}

/** Removes garbage: trees before objects, so that each tree in the store has all its objects. */
export async function sweep(paths: Layout, garbage: Garbage, held: (name: string) => boolean): Promise<void> {
  for (const digest of garbage.artifacts) await removeWhole(paths, paths.artifact(digest));
  for (const name of garbage.objects) {
    // A plan may have told a client since then that the store has this object.
    if (held(name)) continue;
    try {
      await unlink(join(paths.objects, name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}

/** Bytes on disk of each of these objects. */
export async function objectBytes(paths: Layout, names: Iterable<string>): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  await statEach(paths.objects, names, (name, stat) => {
    if (stat !== undefined) sizes.set(name, stat.blocks * BLOCK);
  });
  return sizes;
}

/** Bytes on disk of a folder and its content, without files that have other hard links. */
export async function ownBytes(folder: string): Promise<number> {
  let bytes = (await lstat(folder)).blocks * BLOCK;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      bytes += await ownBytes(path);
      continue;
    }
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && stat.nlink === 1) bytes += stat.blocks * BLOCK;
  }
  return bytes;
}
