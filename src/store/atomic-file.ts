import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storeError } from './io-errors.ts';

/**
 * Replaces `path` by `bytes`, durably: whatever happens, the file is afterwards the old or the new one, whole.
 * Throws `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE`; then the old one stands and nothing is left beside it.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeDurable(temporary, bytes, mode);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    // The failure to report is the first one.
    await unlink(temporary).catch(() => undefined);
    throw storeError(error, path);
  }
}

/** Makes a new file and flushes it to the disk. Fails where `path` exists. Errors are the system's own. */
export async function writeDurable(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes the names in a folder to the disk. Where the system cannot open folders (Windows) it does nothing. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
