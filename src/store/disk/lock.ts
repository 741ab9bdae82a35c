import { randomBytes } from 'node:crypto';
import { link, readFile, unlink } from 'node:fs/promises';
import { lamError } from '../../errors/index.ts';
import { writeDurable } from './atomic-file.ts';
import { errnoOf, storeError } from './io-errors.ts';
import type { Layout } from './layout.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** What the lock file holds. */
export interface LockHolder extends ProcessIdentity {
  /** Random, never used twice. */
  readonly token: string;
}

/** The right to be the one daemon of a home. */
export interface DaemonLock {
  readonly holder: LockHolder;
  /** Whether a lock of a daemon that died was found in the way and removed. */
  readonly reclaimed: boolean;
  /** Removes the lock if it is still ours. Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes `run/daemon.lock`, or throws `LAM_STORE_LOCKED` with the pid of the live daemon that holds it. A lock whose
 * process is dead is reclaimed. Of any number of processes that try at once, exactly one succeeds.
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

/** Who holds the lock of a home now, dead or alive; undefined when nobody does. */
export async function lockHolder(paths: Layout): Promise<LockHolder | undefined> {
  return readHolder(paths.lock);
}

async function takeOver(paths: Layout, mine: string, reclaimed: boolean): Promise<boolean> {
  // A link appears with its content or not at all, and fails where the name is taken.
  if (await linked(mine, paths.lock)) return reclaimed;
  const current = await readHolder(paths.lock);
  if (current === undefined) return takeOver(paths, mine, reclaimed);
  if (isAlive(current)) throw lamError('LAM_STORE_LOCKED', { home: paths.home, pid: current.pid });
  const broken = await breakStale(paths, mine, current);
  return takeOver(paths, mine, reclaimed || broken);
}

/**
 * Removes the lock that a dead process left. Only the holder of the guard named after that lock's token may do so,
 * and as tokens are never used twice it cannot hit a later lock. A guard whose process died is itself guarded in the
 * same way, so the chain of guards has one living end.
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
    // Gone again, or somebody living is at it: look at the lock anew.
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

/** A lock that cannot be understood counts as a dead process's. */
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
    // Falls through to the same answer as a file of the wrong shape.
  }
  return { pid: 0x7fffffff, start: 'unreadable', token: 'unreadable' };
}
