import { lamError } from '../../errors/index.ts';
import { readLock, takeLock, type HeldLock, type LockHolder } from '../../kit/index.ts';
import { storeError } from './io-errors.ts';
import type { Layout } from './layout.ts';

/**
 * Takes `run/daemon.lock`, and removes a dead process's lock first. Of several processes that try at once, exactly one
 * succeeds. Throws `LAM_STORE_LOCKED` with the pid of the live process that holds it.
 */
export async function acquireLock(paths: Layout): Promise<HeldLock> {
  const taken = await takeLock(paths.lock).catch((error: unknown) => {
    throw storeError(error, paths.lock);
  });
  if ('heldBy' in taken) throw lamError('LAM_STORE_LOCKED', { home: paths.home, pid: taken.heldBy.pid });
  return taken;
}

/** Returns the holder that a home's lock file names, dead or alive; undefined without a lock file. */
export async function lockHolder(paths: Layout): Promise<LockHolder | undefined> {
  return readLock(paths.lock);
}
