import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fsync, openSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { storeError } from './io-errors.ts';

/** What a file is to hold: bytes in one piece or in several, or text. */
type Content = Uint8Array | readonly Uint8Array[] | string;

/**
 * Replaces `path` by `bytes`, durably: whatever happens, the file is afterwards the old or the new one, whole.
 * Throws `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE`; then the old one stands and nothing is left beside it.
 */
export async function writeFileAtomic(path: string, bytes: Content, mode = 0o600): Promise<void> {
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

/**
 * Makes a new file with exactly this mode and flushes it to the disk. Fails where `path` exists. Errors are the system's
 * own.
 */
export async function writeDurable(path: string, bytes: Content, mode: number): Promise<void> {
  const pieces = typeof bytes === 'string' ? [Buffer.from(bytes)] : bytes instanceof Uint8Array ? [bytes] : bytes;
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | FLUSHES_WRITES, mode);
  try {
    // The mode given at opening is cut by the umask. Here, because what follows flushes it with the rest.
    fchmodSync(file.fd, mode);
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const written = size === 0 ? 0 : (await file.writev(pieces)).bytesWritten;
    if (written < size) {
      // The disk is full, as a rule; then this says so.
      const rest = Buffer.concat(pieces).subarray(written);
      for (let at = 0; at < rest.length;) at += (await file.write(rest, at)).bytesWritten;
    }
    if (FLUSHES_WRITES === 0 || size === 0) await file.sync();
  } finally {
    await file.close();
  }
}

/** Writing and flushing in one call. Only on Linux: macOS flushes to the disk itself only when it is asked by name. */
const FLUSHES_WRITES = process.platform === 'linux' ? constants.O_DSYNC : 0;

/** Flushes the names in a folder to the disk. Where the system cannot open folders (Windows) it does nothing. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  // Opening and closing a folder waits for nothing; a turn of the thread pool for each would take longer than they do.
  const folder = openSync(path, 'r');
  try {
    await promisify(fsync)(folder);
  } finally {
    closeSync(folder);
  }
}
