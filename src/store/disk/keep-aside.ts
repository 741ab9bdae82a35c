import { copyFile, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { errnoOf, storeError } from './io-errors.ts';

/**
 * Copies a file that cannot be read beside itself, named by its time of last change: repeated starts keep one copy.
 * Returns the copy's path.
 */
export async function keepAside(path: string): Promise<string> {
  const { mtime } = await stat(path);
  const kept = `${path}.corrupt-${mtime.toISOString().replaceAll(':', '-')}`;
  try {
    await copyFile(path, kept, constants.COPYFILE_EXCL);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw storeError(error, kept);
  }
  return kept;
}
