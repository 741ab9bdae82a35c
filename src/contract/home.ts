import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';

/** The longest path a Unix socket may have on Linux: `sun_path` holds 108 bytes with its final zero. */
export const SOCKET_PATH_BYTES = 107;

/** Port of the HTTP listener where neither flag nor environment names one. */
export const DEFAULT_PORT = 8000;

/** `LAM_HOME`, made absolute against the current folder, or `~/.lam`. */
export function homeFrom(env: Readonly<Record<string, string | undefined>>): string {
  const given = env['LAM_HOME'];
  if (given === undefined || given === '')
    return join(env['HOME'] ?? process.getBuiltinModule('node:os').homedir(), '.lam');
  return isAbsolute(given) ? given : resolve(given);
}

/**
 * Names one home on this machine: the first 16 hex digits of the SHA-256 of its real path, whether it exists yet or
 * not. The label of everything a daemon makes outside its home.
 */
export function homeId(home: string): string {
  // Loaded here because `lam invoke` rarely needs it, and loading it costs milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256')
    .update(realPath(resolve(home)))
    .digest('hex')
    .slice(0, 16);
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
