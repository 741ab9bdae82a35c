import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Largest program or library that is read to say why a program did not start (bytes). */
export const LARGEST_PROGRAM_BYTES = 128 * 1024 * 1024;

/**
 * Reads a program or library. Functions choose the path: undefined for anything but a plain file of at most
 * {@link LARGEST_PROGRAM_BYTES}, and where it cannot be read; waits for no pipe and no device.
 */
export async function readProgram(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > LARGEST_PROGRAM_BYTES) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stats.size), 0, stats.size, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    // It is not there, or not readable.
    return undefined;
  }
}
