import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a binary carries that must be files. */
export interface UnpackIndex {
  /** Of all contents together; a folder of this name is complete. */
  readonly hash: string;
  readonly files: readonly { readonly path: string; readonly executable: boolean }[];
}

/**
 * Puts the files into `cache/<hash>` under the home, once: the folder appears with all of them or not at all, however
 * many processes do it together. Returns the folder. Throws what the file system says.
 */
export function unpack(home: string, index: UnpackIndex, contentOf: (key: string) => Uint8Array): string {
  const folder = join(home, 'cache', index.hash);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  try {
    for (const { path, executable } of index.files) {
      const target = join(partial, path);
      // Folders of assets are mounted into containers, whose user is another; the home (0700) keeps other users out.
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      writeFileSync(target, contentOf(path), { mode: executable ? 0o755 : 0o644 });
    }
    renameSync(partial, folder);
  } catch (error) {
    // Another process was first; what it made is the same.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
