import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Assets of a binary that must be files on disk. */
export interface UnpackIndex {
  /** Hash of all contents; a folder of this name is complete. */
  readonly hash: string;
  readonly files: readonly { readonly path: string; readonly executable: boolean }[];
}

/**
 * Unpacks the files into `cache/<hash>` below the home, once and atomically, also with several processes at a time.
 * Returns the folder. Throws errors of the file system.
 */
export function unpack(home: string, index: UnpackIndex, contentOf: (key: string) => Uint8Array): string {
  const folder = join(home, 'cache', index.hash);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    for (const { path, executable } of index.files) {
      const target = join(partial, path);
      // Readable for all, because containers that mount these folders run as another user; the home (0700) keeps other
      // users out.
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      writeFileSync(target, contentOf(path), { mode: executable ? 0o755 : 0o644 });
    }
    renameSync(partial, folder);
  } catch (error) {
    // Another process unpacked the same files first.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  removeLeft(folder);
  return folder;
}

/** Removes what processes left that were killed while they unpacked the same files. */
function removeLeft(folder: string): void {
  const prefix = `${basename(folder)}.`;
  for (const name of readdirSync(dirname(folder))) {
    if (!name.startsWith(prefix) || exists(Number(name.slice(prefix.length)))) continue;
    rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
