import { isLamError, lamError, messageOf, type LamError } from './lam-error.ts';

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const NO_DESCRIPTORS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/** Returns the system's code (`ENOENT` ...) of a failed system call's error, or undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Returns the path in a system call's error, or undefined if it has none. */
export function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

/**
 * Returns the error of the catalogue for a failed system call whose cause is the machine, wherever it happened: no
 * space or quota, a read-only or failing disk, no descriptors. Undefined for any other value. The message names `path`,
 * else the error's own path.
 */
export function systemError(thrown: unknown, path: string | undefined = pathOf(thrown)): LamError | undefined {
  const code = errnoOf(thrown);
  if (code === undefined) return undefined;
  if (NO_ROOM.has(code)) return lamError('LAM_STORE_DISK_FULL', { path: path ?? '' }, thrown);
  if (NO_DESCRIPTORS.has(code)) return lamError('LAM_STORE_TOO_MANY_FILES', { code }, thrown);
  // Without a path it may be a terminal or a pipe.
  if (path === undefined) return undefined;
  if (code === 'EROFS')
    return lamError('LAM_STORE_NOT_WRITABLE', { path, reason: 'the file system is read-only' }, thrown);
  return code === 'EIO' ? lamError('LAM_STORE_DISK_ERROR', { path }, thrown) : undefined;
}

/**
 * Converts anything thrown to an error of lam: a system call's as {@link systemError} does, an unknown one to
 * `LAM_INTERNAL` with its cause.
 */
export function asLamError(thrown: unknown): LamError {
  if (isLamError(thrown)) return thrown;
  return systemError(thrown) ?? lamError('LAM_INTERNAL', { what: messageOf(thrown) }, thrown);
}
