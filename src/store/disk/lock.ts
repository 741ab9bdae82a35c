import { randomBytes } from 'node:crypto';
import { link, readFile, unlink } from 'node:fs/promises';
import { lamError } from '../../errors/index.ts';
import { writeDurable } from './atomic-file.ts';
import { errnoOf, storeError } from './io-errors.ts';
import type { Layout } from './layout.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** Content of the lock file. */
export interface LockHolder extends ProcessIdentity {
  /** Random; identifies this lock for all time. */
  readonly token: string;
}

/** The lock of a home, held. Only one process can hold it. */
export interface DaemonLock {
  readonly holder: LockHolder;
  /** Whether the lock of a dead process was removed first. */
  readonly reclaimed: boolean;
  /** Removes the lock if this process still holds it. Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes `run/daemon.lock`, and removes a dead process's lock first. Of several processes that try at once, exactly one
 * succeeds. Throws `LAM_STORE_LOCKED` with the pid of the live process that holds it.
 */
export async function acquireLock(paths: Layout): Promise<DaemonLock> {
  const holder: LockHolder = { ...ownIdentity(), token: randomBytes(12).toString('hex') };
  const mine = `${paths.lock}.${holder.token}`;
  try {
    await writeDurable(mine, JSON.stringify(holder), 0o600);
    const reclaimed = await takeOver(paths, mine, false);
    return { holder, reclaimed, release: () => release(paths.lock, holder.token) };
  } catch (error) {
    throw storeError(error, paths.lock);
  } finally {
    await unlink(mine).catch(() => undefined);
  }
}

/** Returns the holder that a home's lock file names, dead or alive; undefined without a lock file. */
export async function lockHolder(paths: Layout): Promise<LockHolder | undefined> {
  return readHolder(paths.lock);
}

async function takeOver(paths: Layout, mine: string, reclaimed: boolean): Promise<boolean> {
  // link() is atomic: the file appears with its content, or the name exists already.
  if (await linked(mine, paths.lock)) return reclaimed;
  const current = await readHolder(paths.lock);
  if (current === undefined) return takeOver(paths, mine, reclaimed);
  if (isAlive(current)) throw lamError('LAM_STORE_LOCKED', { home: paths.home, pid: current.pid });
  const broken = await breakStale(paths, mine, current);
  return takeOver(paths, mine, reclaimed || broken);
}

/**
 * Removes a dead process's lock. Only the holder of a guard file named after the lock's token may remove it; tokens are
 * never reused, so a later lock cannot be hit. The guard of a dead process is guarded the same way, which makes a chain
 * with one live end. Resolves to whether the lock was removed.
 */
async function breakStale(paths: Layout, mine: string, stale: LockHolder): Promise<boolean> {
  const chain: string[] = [];
  for (let dead = stale; ;) {
    const guard = `${paths.lock}.break-${dead.token}`;
    if (await linked(mine, guard)) {
      chain.push(guard);
      break;
    }
    const other = await readHolder(guard);
    // The guard is gone or its holder is alive: the caller reads the lock again.
    if (other === undefined || isAlive(other)) return false;
    chain.push(guard);
    dead = other;
  }
  const still = await readHolder(paths.lock);
  const found = still?.token === stale.token;
  if (found) await unlink(paths.lock);
  for (const guard of chain) await unlink(guard).catch(() => undefined);
  return found;
}

async function release(path: string, token: string): Promise<void> {
  const current = await readHolder(path);
  if (current?.token === token) await unlink(path).catch(() => undefined);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Reads a lock or guard file. One that cannot be parsed counts as a dead process's. */
async function readHolder(path: string): Promise<LockHolder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, start, token } = JSON.parse(text) as Partial<LockHolder>;
    if (
      typeof pid === 'number' &&
      pid > 0 &&
      typeof start === 'string' &&
      typeof token === 'string' &&
      /^[0-9a-f]+$/.test(token)
    ) {
      return { pid, start, token };
    }
  } catch {
    // Not JSON: answered below, as JSON of another shape is.
  }
  return { pid: 0x7fffffff, start: 'unreadable', token: 'unreadable' };
}
