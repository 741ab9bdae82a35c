import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './io-errors.ts';
import type { Layout } from './layout.ts';

/** A private folder for unfinished files, on the file system of their destination so that rename works. */
export interface StagingFolder {
  readonly path: string;
  /** Removes the folder and its content. Never rejects: the next start removes what stays. */
  remove(): Promise<void>;
}

/** Creates an empty staging folder. */
export async function makeStaging(paths: Layout): Promise<StagingFolder> {
  const path = stagingName(paths);
  await mkdir(path, { mode: 0o700 });
  return { path, remove: () => discard(path) };
}

/** Removes a folder atomically: renames it, then deletes its content. Resolves to false when there was none. */
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
 * Removes what a dead daemon left unfinished: the content of the staging and tmp folders, and temporary files of the
 * state folder. Resolves to their number. The caller holds the lock and has not begun any other work.
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

/** Returns a new path for something unfinished, on the file system of its destination. */
export function stagingName(paths: Layout): string {
  return join(paths.staging, randomBytes(8).toString('hex'));
}

async function discard(path: string): Promise<void> {
  // Usually empty by now: its content was renamed to where it belongs.
  await rmdir(path).catch(() => rm(path, { recursive: true, force: true }).catch(() => undefined));
}
