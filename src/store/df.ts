import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DfAnswer, FunctionName } from '../contract/index.ts';
import type { ArtifactStore } from './artifacts/artifact-store.ts';
import type { CatalogueView } from './catalogue/state.ts';
import { objectBytes, ownBytes } from './artifacts/garbage.ts';
import { errnoOf } from './disk/io-errors.ts';
import type { Layout } from './disk/layout.ts';
import { readManifest } from './artifacts/manifest.ts';
import { allObjects, neededObjects } from './artifacts/objects.ts';

/** Figures for {@link df} from outside the store (bytes on disk). */
export interface DfInputs {
  readonly logsOf: (name: FunctionName) => number;
  readonly logs: number;
  /** What gc would free with its default settings. */
  readonly reclaimable: number;
}

/** Returns the disk usage of a home. The totals count a file once, however many versions and functions share it. */
export async function df(
  paths: Layout,
  catalogue: CatalogueView,
  artifacts: ArtifactStore,
  around: DfInputs,
): Promise<DfAnswer> {
  const sizes = await objectBytes(paths, await allObjects(paths));
  const users = new Map<string, Set<FunctionName>>();
  const functions: Omit<DfAnswer['functions'][number], 'unique'>[] = [];
  for (const name of [...catalogue.names()].toSorted()) {
    const versions = Object.values(catalogue.record(name)?.versions ?? {});
    functions.push({
      name,
      versions: versions.length,
      logical: versions.reduce((sum, v) => sum + v.size, 0),
      logs: around.logsOf(name),
    });
    for (const digest of new Set(versions.map((v) => v.artifact))) {
      if (!artifacts.has(digest)) continue;
      for (const object of neededObjects(await readManifest(paths, digest)).keys()) {
        users.set(object, (users.get(object) ?? new Set()).add(name));
      }
    }
  }
  const unique = new Map<FunctionName, number>();
  for (const [object, names] of users) {
    const [only] = names;
    if (names.size === 1 && only !== undefined) unique.set(only, (unique.get(only) ?? 0) + (sizes.get(object) ?? 0));
  }
  let trees = 0;
  for (const digest of artifacts.digests) trees += await ownBytes(paths.artifact(digest));
  const objects = { count: sizes.size, bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
  const catalogueBytes = await fileBytes(paths.catalogue);
  const [queue, destinations] = [await folderBytes(paths.queue), await folderBytes(paths.destinations)];
  return {
    home: paths.home,
    functions: functions.map((fn) => ({ ...fn, unique: unique.get(fn.name) ?? 0 })),
    objects,
    artifacts: trees,
    logs: around.logs,
    catalogue: catalogueBytes,
    queue,
    destinations,
    total: objects.bytes + trees + around.logs + catalogueBytes + queue + destinations,
    reclaimable: around.reclaimable,
  };
}

/** Of all files below a folder; 0 if it does not exist. */
async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) bytes += await fileBytes(join(entry.parentPath, entry.name));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return bytes;
}

async function fileBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * 512;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw error;
  }
}
