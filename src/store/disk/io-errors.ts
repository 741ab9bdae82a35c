import { errnoOf, lamError, pathOf, systemError } from '../../errors/index.ts';

export { errnoOf } from '../../errors/index.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOTDIR: 'a file is where a folder should be',
  EEXIST: 'a file is where a folder should be',
  ELOOP: 'a symbolic link is in the way',
};

/**
 * Translates the error of a failed file operation: returns `LAM_STORE_DISK_FULL`, `LAM_STORE_NOT_WRITABLE`,
 * `LAM_STORE_DISK_ERROR` or `LAM_STORE_TOO_MANY_FILES` for the codes that mean so, else the error itself. The message
 * names `instead`, else the error's path, else `path`.
 */
export function storeError(error: unknown, path: string, instead?: string): unknown {
  const code = errnoOf(error);
  if (code === undefined) return error;
  const named = instead ?? pathOf(error) ?? path;
  const reason = REASONS[code];
  if (reason !== undefined) return lamError('LAM_STORE_NOT_WRITABLE', { path: named, reason }, error);
  return systemError(error, named) ?? error;
}
