import { randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { errnoOf } from '../errors/index.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** Stands for the token of a file that cannot be parsed. */
const UNREADABLE = 'unreadable';

/** Content of a lock file. */
export interface LockHolder extends ProcessIdentity {
  /** Random; identifies this lock for all time. */
  readonly token: string;
}

/** A lock file, held. Only one process can hold it. */
export interface HeldLock {
  readonly holder: LockHolder;
  /** Whether the lock of a dead process was removed first. */
  readonly reclaimed: boolean;
  /** Removes the lock if this process still holds it. Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes the lock file `path`, and removes a dead process's lock first. Of several processes that try at once, exactly
 * one succeeds; the others get the live process that holds it. Throws errors of the file system.
 */
export async function takeLock(path: string): Promise<HeldLock | { readonly heldBy: LockHolder }> {
  const holder: LockHolder = { ...ownIdentity(), token: randomBytes(12).toString('hex') };
  const mine = `${path}.${holder.token}`;
  try {
    await writeFile(mine, JSON.stringify(holder), { mode: 0o600, flag: 'wx' });
    const taken = await takeOver(path, mine, false);
    return typeof taken === 'boolean'
      ? { holder, reclaimed: taken, release: () => release(path, holder.token) }
      : { heldBy: taken };
  } finally {
    await unlink(mine).catch(() => undefined);
  }
}

/** Resolves to whether a dead process's lock was removed, or to the live holder. */
async function takeOver(path: string, mine: string, reclaimed: boolean): Promise<boolean | LockHolder> {
  // link() is atomic: the file appears with its content, or the name exists already.
  if (await linked(mine, path)) return reclaimed;
  const current = await readLock(path);
  if (current === undefined) return takeOver(path, mine, reclaimed);
  if (isAlive(current)) return current;
  const broken = await breakStale(path, mine, current);
  return takeOver(path, mine, reclaimed || broken);
}

/**
 * Removes a dead process's lock. Only the holder of a guard file named after the lock's token may remove it; tokens are
 * never reused, so a later lock cannot be hit. The guard of a dead process is guarded the same way, which makes a chain
 * with one live end. Resolves to whether the lock was removed.
 */
async function breakStale(path: string, mine: string, stale: LockHolder): Promise<boolean> {
  const chain: string[] = [];
  for (let name = stale.token; ;) {
    const guard = `${path}.break-${name}`;
    if (await linked(mine, guard)) {
      chain.push(guard);
      break;
    }
    const other = await readLock(guard);
    // The guard is gone or its holder is alive: the caller reads the lock again.
    if (other === undefined || isAlive(other)) return false;
    chain.push(guard);
    // Unreadable files share one token: a guard named after that alone could be its own, in a chain without end.
    name = other.token === UNREADABLE ? `${name}-${UNREADABLE}` : other.token;
  }
  const still = await readLock(path);
  const found = still?.token === stale.token;
  if (found) await unlink(path);
  for (const guard of chain) await unlink(guard).catch(() => undefined);
  return found;
}

async function release(path: string, token: string): Promise<void> {
  const current = await readLock(path);
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

/**
 * Returns the holder that a lock or guard file names, dead or alive; undefined without the file. A file that cannot be
 * parsed counts as a dead process's.
 */
export async function readLock(path: string): Promise<LockHolder | undefined> {
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
  return { pid: 0x7fffffff, start: UNREADABLE, token: UNREADABLE };
}
