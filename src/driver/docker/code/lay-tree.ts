import {
  chmodSync,
  constants,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  type Dirent,
} from 'node:fs';
import { copyFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';

import { lamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';

/** How long the event loop may be held at a time, milliseconds. Linking one file takes about 0.02. */
const SLICE_MS = 2;

/** Why a hard link can't be had although nothing is wrong: too many on this file, none across or on this file system, or not on another user's file. */
const NO_LINK: ReadonlySet<unknown> = new Set(['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']);

export interface LayOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Makes a hard link; for file systems that refuse some. */
  readonly link?: (from: string, to: string) => void;
}

/**
 * Lays the tree at `from` out in the folder `to`, which is there and empty: folders with their modes (and all rights for their owner), files as hard
 * links, or as copies with mode and time where no link can be had, symbolic links as they are. A tree of up to some
 * hundred files is laid before this returns; a larger one in slices, between which other work goes on. Rejects with
 * the system's error, with the signal's reason, or with `LAM_DRIVER_START_FAILED` when something is neither file,
 * folder nor link.
 */
export async function layTree(from: string, to: string, options: LayOptions): Promise<void> {
  const { clock, signal, link = linkSync } = options;
  const folders = [''];
  let sliceEnds = clock.monotonic() + SLICE_MS;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(from, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      const copying = layEntry(entry, join(from, path), join(to, path), link);
      if (copying !== undefined) await copying;
      if (clock.monotonic() < sliceEnds) continue;
      await pause();
      signal.throwIfAborted();
      sliceEnds = clock.monotonic() + SLICE_MS;
    }
  }
}

/** Gives a promise only where a file is copied. */
// oxlint-disable-next-line max-params -- called once per file: an options object would be one more allocation
function layEntry(
  entry: Dirent,
  from: string,
  to: string,
  link: (from: string, to: string) => void,
): Promise<void> | undefined {
  if (entry.isFile()) {
    try {
      link(from, to);
    } catch (error) {
      if (!NO_LINK.has(Reflect.get(Object(error), 'code'))) throw error;
      return copy(from, to);
    }
  } else if (entry.isDirectory()) {
    mkdirSync(to);
    // Not by mkdir's own mode, which the umask cuts: it is another user who looks into it.
    chmodSync(to, (statSync(from).mode & 0o777) | 0o700);
  } else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from, 'buffer'), to);
  else
    throw lamError('LAM_DRIVER_START_FAILED', {
      function: '',
      reason: `'${from}' is neither a file nor a folder nor a link`,
    });
  return undefined;
}

/** A copy that shares its blocks where the file system can. */
async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const { atimeMs, mtimeMs } = await stat(from);
  await utimes(to, atimeMs / 1000, mtimeMs / 1000);
}
