import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ifCode, NO_FILE } from './if-code.ts';

/**
 * All entries below a folder, as sorted relative paths. Leaves out what vanishes during the walk; throws if the folder
 * itself does not exist, or if anything cannot be read for another reason.
 */
export function listing(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const below = ifThere(() => listing(join(folder, entry.name)));
      return below === undefined ? [] : [entry.name, ...below.map((name) => join(entry.name, name))];
    })
    .toSorted();
}

/** As `listing`; empty if the folder does not exist. */
export function listingIfThere(folder: string): readonly string[] {
  return ifThere(() => listing(folder)) ?? [];
}

/** What `read` returns, or undefined if the file or folder does not exist; other errors are thrown. */
export function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    return ifCode(NO_FILE, undefined)(error);
  }
}
