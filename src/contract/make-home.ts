import { chmodSync, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { lamError } from '../errors/index.ts';
import { socketPath } from './home.ts';

/**
 * Makes the home and the folder of its socket, both for the owner alone (0700). Idempotent. Throws
 * `LAM_CLIENT_SOCKET_FOLDER_FOREIGN` when the socket's folder belongs to another user or is a link, and the
 * error of the file system when a folder cannot be made.
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
