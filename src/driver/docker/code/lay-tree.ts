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

/** Longest time to block the event loop (ms). Linking one file takes about 0.02 ms. */
const SLICE_MS = 2;

/**
 * Errors of link(2) after which the file is copied: link count at its limit, other file system, links unsupported, file
 * of another user.
 */
const NO_LINK: ReadonlySet<unknown> = new Set(['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']);

export interface LayOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Creates a hard link; replaced in tests by one that fails as some file systems do. */
  readonly link?: (from: string, to: string) => void;
}

/**
 * Copies the tree at `from` into the empty folder `to`: folders with their modes (plus all rights for the owner), files
 * as hard links, or as copies with mode and time where linking fails, symbolic links unchanged. Trees of up to some
 * hundred files are laid before this returns, larger ones in slices that yield to the event loop. Rejects with the
 * system's error, the signal's reason, or `LAM_DRIVER_START_FAILED` for an entry that is neither file, folder nor link.
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

/** Returns a promise only where a file is copied. */
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
    // Not by mkdir's mode, which the umask masks: the sandbox's user must be able to read it.
    chmodSync(to, (statSync(from).mode & 0o777) | 0o700);
  } else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from, 'buffer'), to);
  else
    throw lamError('LAM_DRIVER_START_FAILED', {
      function: '',
      reason: `'${from}' is neither a file nor a folder nor a link`,
    });
  return undefined;
}

/** Copies a file, as a reflink where the file system supports it. */
async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const { atimeMs, mtimeMs } = await stat(from);
  await utimes(to, atimeMs / 1000, mtimeMs / 1000);
}
