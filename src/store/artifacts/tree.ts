import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../contract/index.ts';
import { syncDirectory } from '../disk/atomic-file.ts';
import { eachLimited } from '../../kit/index.ts';
import { PARALLEL_FILES } from '../disk/parallel-files.ts';
import type { Layout } from '../disk/layout.ts';
import { placeObject, type Linker } from './objects.ts';

const DIRECTORY_MODE = 0o755;

/**
 * Lays out an artifact's tree at `root`, which must not exist: folders (0755), hard links to objects, symbolic links.
 * Flushes every folder.
 */
export async function layTree(paths: Layout, manifest: Manifest, root: string, linker?: Linker): Promise<void> {
  const folders = ['.', ...foldersOf(manifest)];
  for (const folder of folders) {
    const path = join(root, folder);
    await mkdir(path);
    // Sandboxes of other users must be able to read it, and mkdir's mode is cut by the umask.
    await chmod(path, DIRECTORY_MODE);
  }
  await eachLimited(manifest.entries, PARALLEL_FILES, async (entry) => {
    const to = join(root, entry.path);
    if (entry.kind === 'symlink') await symlink(entry.target, to);
    else await placeObject(paths.object(entry.digest, entry.executable), to, entry.executable, linker);
  });
  await eachLimited(folders.toReversed(), PARALLEL_FILES, (folder) => syncDirectory(join(root, folder)));
}

/** Returns every folder on the paths, parents first. */
function foldersOf(manifest: Manifest): string[] {
  const folders = new Set<string>();
  for (const { path } of manifest.entries) {
    for (let above = dirname(path); above !== '.' && !folders.has(above); above = dirname(above)) folders.add(above);
  }
  return [...folders].toSorted();
}
