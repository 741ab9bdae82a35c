import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { lamError } from '../errors/index.ts';
import { socketPath } from './home.ts';

/** Bits of a home's mode that others may have: passing through gives them nothing that they cannot name. */
const OTHERS_MAY = 0o011;

/**
 * Makes the home and the folder of its socket, both for the owner alone (0700), and closes a home that others could
 * read or change. Returns the mode that such a home had, else undefined. Idempotent. Throws `LAM_CLIENT_HOME_FOREIGN`
 * for a home of another user, `LAM_CLIENT_HOME_OPEN` for one that cannot be closed or has
 * other things in it, `LAM_CLIENT_SOCKET_FOLDER_FOREIGN`
 * when the socket's folder belongs to another user or is a link, and the error of the file system when a folder cannot
 * be made.
 */
export function makeHome(home: string): number | undefined {
  makeFolder(home);
  const wasOpen = closeHome(home);
  const folder = dirname(socketPath(home));
  makeFolder(folder);
  const found = lstatSync(folder);
  if (!found.isDirectory() || !isOwn(found)) throw lamError('LAM_CLIENT_SOCKET_FOLDER_FOREIGN', { folder });
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return wasOpen;
}

/** What to tell the user about the mode that {@link makeHome} returned. */
export function closedHome(home: string, mode: number): string {
  return `closed the home '${home}' to other users: its mode was ${mode.toString(8)}, and is 700 now`;
}

/** Closes an own folder to others; sets the mode that {@link makeHome} makes. Returns the mode that it had, if open. */
function closeHome(home: string): number | undefined {
  const found = statSync(home);
  if (!found.isDirectory()) return undefined;
  if (!isOwn(found)) throw lamError('LAM_CLIENT_HOME_FOREIGN', { home, uid: found.uid });
  const mode = found.mode & 0o777;
  if ((mode & 0o077 & ~OTHERS_MAY) === 0) return undefined;
  try {
    if (isHome(home)) chmodSync(home, 0o700);
  } catch (error) {
    throw lamError('LAM_CLIENT_HOME_OPEN', { home, mode: mode.toString(8) }, error);
  }
  // A folder with other things in it is its owner's to close; some file systems accept a mode and ignore it.
  if ((statSync(home).mode & 0o077 & ~OTHERS_MAY) !== 0)
    throw lamError('LAM_CLIENT_HOME_OPEN', { home, mode: mode.toString(8) });
  return mode;
}

/** Names that may be in a home before its first daemon. */
const EARLY_NAMES: ReadonlySet<string> = new Set(['run', 'cache', 'daemon.log', 'lost+found']);

/** Whether a folder is a home of lam, or empty: other folders, such as `/tmp`, may be open for a reason. */
function isHome(path: string): boolean {
  const names = readdirSync(path);
  return names.includes('state') || names.every((name) => EARLY_NAMES.has(name));
}

function isOwn({ uid }: Stats): boolean {
  return uid === (process.getuid?.() ?? uid);
}

/**
 * Makes a folder and those above it. Not with recursive `mkdirSync`, which reports ENOENT on a read-only file system
 * and never returns if the system refuses with ENOENT, as under /proc.
 */
function makeFolder(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
