import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './io-errors.ts';
import type { Layout } from './layout.ts';

/** A folder of one's own for half-made things, on the same file system as what they become. */
export interface StagingFolder {
  readonly path: string;
  /** Removes it with all that is still in it. Never throws: what stays is removed at the next start. */
  remove(): Promise<void>;
}

export async function makeStaging(paths: Layout): Promise<StagingFolder> {
  const path = stagingName(paths);
  await mkdir(path, { mode: 0o700 });
  return { path, remove: () => discard(path) };
}

/** Makes a folder disappear in one step, then removes it at leisure. Resolves to false when it was not there. */
export async function removeWhole(paths: Layout, folder: string): Promise<boolean> {
  const aside = stagingName(paths);
  try {
    await rename(folder, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  await discard(aside);
  return true;
}

/**
 * Empties the staging and tmp folders of what a daemon that died left half-made; resolves to how many things that
 * were. Only for the holder of the lock, before anything else is begun.
 */
export async function reclaimStaging(paths: Layout): Promise<number> {
  let count = 0;
  for (const folder of [paths.staging, paths.tmp]) {
    for (const name of await readdir(folder)) {
      await rm(join(folder, name), { recursive: true, force: true });
      count++;
    }
  }
  for (const name of await readdir(paths.state)) {
    if (!name.endsWith('.tmp')) continue;
    await rm(join(paths.state, name), { force: true });
    count++;
  }
  return count;
}

function stagingName(paths: Layout): string {
  return join(paths.staging, randomBytes(8).toString('hex'));
}

async function discard(path: string): Promise<void> {
  // Empty in the end, as a rule: what was in it became something.
  await rmdir(path).catch(() => rm(path, { recursive: true, force: true }).catch(() => undefined));
}
