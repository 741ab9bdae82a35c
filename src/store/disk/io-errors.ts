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
 * What to throw for a failed file operation: `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE` where the system's
 * code says so, else the error itself. `path` is named when the error names none; `instead` wins over both.
 */
export function storeError(error: unknown, path: string, instead?: string): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const named = instead ?? pathOf(error) ?? path;
  if (NO_ROOM.has(code)) return lamError('LAM_STORE_DISK_FULL', { path: named }, error);
  const reason = REASONS[code];
  return reason === undefined ? error : lamError('LAM_STORE_NOT_WRITABLE', { path: named, reason }, error);
}

/** The system's code (`ENOENT` ...) of an error of a file operation, or undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
