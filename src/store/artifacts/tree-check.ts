import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import type { Digest, Manifest } from '../../contract/index.ts';
import type { Layout } from '../disk/layout.ts';
import type { ObjectKey } from './objects.ts';
import { soundFiles, statOf, type ExpectedFile } from './sound-objects.ts';
import { DIRECTORY_MODE, foldersOf } from './tree.ts';

/** Number of entries between two pauses. */
const BATCH = 200;

/**
 * Whether an artifact's tree has exactly the entries of its manifest: each file a link to its object, which the caller
 * has found sound, or a copy with the same content; no file, folder or link besides.
 */
export async function isTreeSound(paths: Layout, artifact: Digest, manifest: Manifest): Promise<boolean> {
  const root = paths.tree(artifact);
  for (const [folder, expected] of namesByFolder(manifest)) {
    const path = join(root, folder);
    if (!isFolder(path) || !sameNames(readdirSync(path), expected)) return false;
  }
  const copies: [string, ExpectedFile][] = [];
  for (const [index, entry] of manifest.entries.entries()) {
    if (index % BATCH === BATCH - 1) await pause();
    if (entry.kind === 'file') {
      if (!isLinked(paths, entry, join(root, entry.path))) copies.push([entry.path, entry]);
    } else if (!isLinkTo(join(root, entry.path), entry.target)) return false;
  }
  return (await soundFiles(root, copies)).size === copies.length;
}

/** The names that each folder of a tree must hold, by its path. */
function namesByFolder(manifest: Manifest): Map<string, Set<string>> {
  const folders = foldersOf(manifest);
  const names = new Map([['.', new Set<string>()], ...folders.map((folder) => [folder, new Set<string>()] as const)]);
  for (const path of [...folders, ...manifest.entries.map((entry) => entry.path)]) {
    const { folder, name } = split(path);
    names.get(folder)?.add(name);
  }
  return names;
}

/** Whether a file of a tree is the object itself. */
function isLinked(paths: Layout, { digest, executable }: ObjectKey, path: string): boolean {
  const stat = statOf(path);
  return stat !== undefined && stat.ino === statOf(paths.object(digest, executable))?.ino;
}

function isLinkTo(path: string, target: string): boolean {
  return statOf(path)?.isSymbolicLink() === true && readlinkSync(path) === target;
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? { folder: '.', name: path } : { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}

function isFolder(path: string): boolean {
  const stat = statOf(path);
  return stat?.isDirectory() === true && Number(stat.mode & 0o777n) === DIRECTORY_MODE;
}

function sameNames(found: readonly string[], expected: ReadonlySet<string>): boolean {
  return found.length === expected.size && found.every((name) => expected.has(name));
}
