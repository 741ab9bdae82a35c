import { lamError } from '../../errors/index.ts';

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a file is where a folder should be',
  EEXIST: 'a file is where a folder should be',
  ELOOP: 'a symbolic link is in the way',
};

/**
 * Translates the error of a failed file operation: returns `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE` for the
 * codes that mean so, else the error itself. The message names `instead`, else the error's path, else `path`.
 */
export function storeError(error: unknown, path: string, instead?: string): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const named = instead ?? pathOf(error) ?? path;
  if (NO_ROOM.has(code)) return lamError('LAM_STORE_DISK_FULL', { path: named }, error);
  const reason = REASONS[code];
  return reason === undefined ? error : lamError('LAM_STORE_NOT_WRITABLE', { path: named, reason }, error);
}

/** Returns the system's code (`ENOENT` ...) of a file operation's error, or undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
