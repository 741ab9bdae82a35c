import { statSync } from 'node:fs';
import { lamError, type LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Layout } from '../store/index.ts';

/** Interval between two looks at the home (ms). One costs a few microseconds. */
const LOOK_MS = 1000;
/** Time after which a removal that was seen half-way has most likely ended, so that its name is right (ms). */
const SETTLE_MS = 500;
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Watches whether the home that this daemon has locked is still at its path: without it no command could reach or stop
 * the daemon, which would keep its port. Looks at the lock's file, so that a home that was emptied or replaced by
 * another folder is noticed, too. Calls `onGone` at most once. Returns a function that ends the watch.
 */
export function watchHome(
  paths: Pick<Layout, 'home' | 'lock'>,
  clock: Clock,
  onGone: (reason: LamError) => void,
): () => void {
  const own = identityOf(paths.lock);
  let cancel = (): void => {};
  const watch = (): void => {
    cancel = clock.every(LOOK_MS, () => {
      if (!hasChanged(paths.lock, own)) return;
      cancel();
      cancel = clock.after(SETTLE_MS, () => {
        if (hasChanged(paths.lock, own))
          onGone(lamError('LAM_DAEMON_HOME_GONE', { home: paths.home, what: whatHappened(paths) }));
        else watch();
      });
    });
  };
  watch();
  return () => cancel();
}

function hasChanged(lock: string, own: string | undefined): boolean {
  try {
    return identityOf(lock) !== own;
  } catch {
    // Says nothing about the home, such as too many open files.
    return false;
  }
}

function whatHappened({ home, lock }: Pick<Layout, 'home' | 'lock'>): string {
  try {
    if (identityOf(lock) !== undefined) return 'replaced by another';
    return identityOf(home) === undefined ? 'removed or moved' : 'emptied';
  } catch {
    return 'removed, moved or emptied';
  }
}

/** A number of an inode may be used again, so its time of change is compared with it. Undefined where nothing is. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino, mtimeMs } = statSync(path);
    return `${dev}:${ino}:${mtimeMs}`;
  } catch (error) {
    if (GONE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
