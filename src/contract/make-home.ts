import { chmodSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
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

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // The recursive form says ENOENT on a read-only file system; the plain one says why.
    let first = path;
    while (!existsSync(dirname(first))) first = dirname(first);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') mkdirSync(first, { mode: 0o700 });
    throw error;
  }
}
