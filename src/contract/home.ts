import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';

/** The longest path a Unix socket may have on Linux: `sun_path` holds 108 bytes with its final zero. */
export const SOCKET_PATH_BYTES = 107;

/** Default port of the HTTP listener. */
export const DEFAULT_PORT = 8000;

/** Returns `LAM_HOME` as an absolute path, or `~/.lam`. */
export function homeFrom(env: Readonly<Record<string, string | undefined>>): string {
  const given = env['LAM_HOME'];
  if (given === undefined || given === '')
    return join(env['HOME'] ?? process.getBuiltinModule('node:os').homedir(), '.lam');
  return isAbsolute(given) ? given : resolve(given);
}

/**
 * Identifies a home on this machine: the first 16 hex digits of the SHA-256 of its real path. The home need not exist
 * yet. Labels everything that a daemon makes outside its home.
 */
export function homeId(home: string): string {
  // Loaded here because `lam invoke` rarely needs it, and loading it costs milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256')
    .update(realPath(resolve(home)))
    .digest('hex')
    .slice(0, 16);
}

/** Resolves the existing part of `path` to its real path and appends the rest unchanged. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/**
 * Returns the socket path of the daemon of `home`: `run/lam.sock` in it, or, where that is too long for a Unix socket,
 * `/tmp/lam-<uid>-<homeId>/lam.sock`. Not `os.tmpdir()`: daemon and clients may differ in TMPDIR.
 */
export function socketPath(home: string): string {
  const plain = join(home, 'run', 'lam.sock');
  if (Buffer.byteLength(plain) <= SOCKET_PATH_BYTES) return plain;
  return join('/tmp', `lam-${process.getuid?.() ?? 0}-${homeId(home)}`, 'lam.sock');
}

/**
 * Whether nobody else can listen at {@link socketPath} of `home`. In `/tmp` anyone may make the folder first; it must
 * not exist, or belong to this user.
 */
export function isOwnSocket(home: string): boolean {
  const folder = dirname(socketPath(home));
  if (folder === join(home, 'run')) return true;
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found === undefined || (found.isDirectory() && found.uid === process.getuid?.());
}
