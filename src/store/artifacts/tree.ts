import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../contract/index.ts';
import { pacer } from '../../kit/index.ts';
import { flushFiles } from '../disk/flush.ts';
import { objectName, type Layout } from '../disk/layout.ts';
import { placeObject, type Linker } from './objects.ts';

/** Mode of the folders of a tree. */
export const DIRECTORY_MODE = 0o755;

/**
 * Lays out an artifact's tree at `root`, which must not exist: folders (0755), hard links to objects, symbolic links.
 * Returns the folders that it made; the caller flushes them, parents last.
 */
export async function layTree(paths: Layout, manifest: Manifest, root: string, linker?: Linker): Promise<string[]> {
  const folders = ['.', ...foldersOf(manifest)].map((folder) => join(root, folder));
  const pace = pacer();
  for (const path of folders) {
    await pace();
    mkdirSync(path);
    // Sandboxes of other users must be able to read it, and mkdir's mode is cut by the umask.
    chmodSync(path, DIRECTORY_MODE);
  }
  const copies: string[] = [];
  /** What to link instead of an object: its copy in this tree, where the object has too many links. */
  const standIns = new Map<string, string>();
  for (const entry of manifest.entries) {
    await pace();
    const to = join(root, entry.path);
    if (entry.kind === 'symlink') {
      symlinkSync(entry.target, to);
      continue;
    }
    const name = objectName(entry.digest, entry.executable);
    const from = standIns.get(name) ?? join(paths.objects, name);
    if (!placeObject(from, to, entry.executable, linker)) continue;
    standIns.set(name, to);
    copies.push(to);
  }
  await flushFiles(copies, root);
  return folders.toReversed();
}

/** Returns every folder on a manifest's paths, parents first. Pure. */
export function foldersOf(manifest: Manifest): string[] {
  const folders = new Set<string>();
  for (const { path } of manifest.entries) {
    for (let above = dirname(path); above !== '.' && !folders.has(above); above = dirname(above)) folders.add(above);
  }
  return [...folders].toSorted();
}
