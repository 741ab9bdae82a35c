import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fsync, openSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { storeError } from './io-errors.ts';

/** Content of a file: text, or bytes in one or more pieces. */
type Content = Uint8Array | readonly Uint8Array[] | string;

/**
 * Replaces the file at `path` atomically and durably: after a crash it is the old or the new one, whole. Throws
 * `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE`; then the old file is unchanged and no temporary file stays.
 */
export async function writeFileAtomic(path: string, bytes: Content, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeDurable(temporary, bytes, mode);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    // A failed clean-up must not hide the first failure.
    await unlink(temporary).catch(() => undefined);
    throw storeError(error, path);
  }
}

/**
 * Creates a file with exactly this mode and flushes it. Throws the system's errors, `EEXIST` where `path` exists.
 */
export async function writeDurable(path: string, bytes: Content, mode: number): Promise<void> {
  const pieces = typeof bytes === 'string' ? [Buffer.from(bytes)] : bytes instanceof Uint8Array ? [bytes] : bytes;
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | FLUSHES_WRITES, mode);
  try {
    // The umask cuts the mode given to open. Before the write, so that one flush covers both.
    fchmodSync(file.fd, mode);
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const written = size === 0 ? 0 : (await file.writev(pieces)).bytesWritten;
    if (written < size) {
      // A short write usually means a full disk; writing the rest throws that error.
      const rest = Buffer.concat(pieces).subarray(written);
      for (let at = 0; at < rest.length;) at += (await file.write(rest, at)).bytesWritten;
    }
    if (FLUSHES_WRITES === 0 || size === 0) await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes each write flush itself. Linux only: on macOS only F_FULLFSYNC reaches the disk, which sync() uses. */
const FLUSHES_WRITES = process.platform === 'linux' ? constants.O_DSYNC : 0;

/** Flushes a folder's entries. Does nothing on Windows, which cannot open folders. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  // Opening and closing a folder does not block; the thread pool would add more time than they take.
  const folder = openSync(path, 'r');
  try {
    await promisify(fsync)(folder);
  } finally {
    closeSync(folder);
  }
}
