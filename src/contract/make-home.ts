import { chmodSync, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { lamError } from '../errors/index.ts';
import { socketPath } from './home.ts';

/**
 * Makes the home and the folder of its socket, both for the owner alone (0700). Idempotent. Throws
 * `LAM_CLIENT_SOCKET_FOLDER_FOREIGN` when the socket's folder belongs to somebody else or is a link, and what
 * the file system says when a folder can't be made.
 */
export function makeHome(home: string): void {
  makeFolder(home);
  const folder = dirname(socketPath(home));
  makeFolder(folder);
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) {
    throw lamError('LAM_CLIENT_SOCKET_FOLDER_FOREIGN', { folder });
  }
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

/**
 * Makes a folder and those above it. Not with the recursive form of `mkdirSync`, which says ENOENT where the file
 * system is read-only, and never returns where the system refuses with ENOENT, as under /proc.
 */
function makeFolder(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else may have made it since.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
