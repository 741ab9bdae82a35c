import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { lamError } from '../errors/index.ts';

/** The longest path a Unix socket may have on Linux: `sun_path` holds 108 bytes with its final zero. */
export const SOCKET_PATH_BYTES = 107;

/** Port of the HTTP listener where neither flag nor environment names one. */
export const DEFAULT_PORT = 8000;

/** `LAM_HOME`, made absolute against the current folder, or `~/.lam`. */
export function homeFrom(env: Readonly<Record<string, string | undefined>>): string {
  const given = env['LAM_HOME'];
  if (given === undefined || given === '') return join(env['HOME'] ?? homedir(), '.lam');
  return isAbsolute(given) ? given : resolve(given);
}

/**
 * Names one home on this machine: the first 16 hex digits of the SHA-256 of its real path, whether it exists yet or
 * not. The label of everything a daemon makes outside its home.
 */
export function homeId(home: string): string {
  return createHash('sha256').update(realPath(resolve(home))).digest('hex').slice(0, 16);
}

/** The real path of what exists of `path`, with the rest appended as given. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/**
 * Where the daemon of `home` listens: `run/lam.sock` under it, or, where that is too long for a Unix socket,
 * `/tmp/lam-<uid>-<homeId>/lam.sock`. Not `os.tmpdir()`: daemon and clients may differ in TMPDIR.
 */
export function socketPath(home: string): string {
  const plain = join(home, 'run', 'lam.sock');
  if (Buffer.byteLength(plain) <= SOCKET_PATH_BYTES) return plain;
  return join('/tmp', `lam-${process.getuid?.() ?? 0}-${homeId(home)}`, 'lam.sock');
}

/**
 * Makes the home and the folder of its socket, both for the owner alone (0700). Idempotent. Throws
 * `LAM_CLIENT_SOCKET_FOLDER_FOREIGN` when the socket's folder belongs to somebody else or is a link, and what
 * the file system says when a folder can't be made.
 */
export function makeHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const folder = dirname(socketPath(home));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) {
    throw lamError('LAM_CLIENT_SOCKET_FOLDER_FOREIGN', { folder });
  }
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}
