import { byPath, type ManifestEntry } from '../../contract/index.ts';
import { linkFaults } from '../artifacts/tree-rules.ts';
import type { LayerChange, LayerEntry, LayerRemoval } from './layer.ts';
import { damaged } from './tar.ts';

/** A file or link of the tree, without its path. */
type Leaf =
  | Omit<Extract<ManifestEntry, { kind: 'file' }>, 'path'>
  | Omit<Extract<ManifestEntry, { kind: 'symlink' }>, 'path'>;

/** A folder: its entries by name. */
type Folder = Map<string, Folder | Leaf>;

/** A layer by its name, for messages, and its changes. */
export interface ReadLayer {
  readonly file: string;
  readonly changes: readonly LayerChange[];
}

/**
 * The files and links that layers make together, the lowest first (OCI image specification, "Image Layer Filesystem
 * Changeset"). Links to absolute paths mean those of the image; a link that leads out of it, or in a circle, is left
 * out. Throws `LAM_STORE_IMAGE_DAMAGED` for a hard link to nothing. Pure.
 */
export function mergeLayers(layers: readonly ReadLayer[]): readonly ManifestEntry[] {
  const root: Folder = new Map();
  for (const { file, changes } of layers) {
    // Of a layer's own entries it removes none.
    for (const change of changes) if (isRemoval(change)) remove(root, change);
    for (const change of changes) if (!isRemoval(change)) add(root, change, file);
  }
  const entries = [...entriesOf(root, '')].toSorted(byPath);
  const faulty = new Set(linkFaults(entries).map(({ path }) => path));
  return faulty.size === 0 ? entries : entries.filter(({ path }) => !faulty.has(path));
}

function isRemoval(change: LayerChange): change is LayerRemoval {
  return change.kind === 'whiteout' || change.kind === 'opaque';
}

function remove(root: Folder, change: LayerRemoval): void {
  if (change.kind === 'opaque') {
    const at = change.path === '' ? root : folderAt(root, change.path.split('/'));
    at?.clear();
  } else {
    const parts = change.path.split('/');
    const name = parts.pop() ?? '';
    folderAt(root, parts)?.delete(name);
  }
}

function add(root: Folder, change: LayerEntry, layer: string): void {
  const parts = change.path.split('/');
  const name = parts.pop() ?? '';
  const folder = madeFolder(root, parts);
  if (change.kind === 'directory') {
    if (!(folder.get(name) instanceof Map)) folder.set(name, new Map());
    return;
  }
  folder.set(name, leafOf(root, change, layer));
}

function leafOf(root: Folder, change: Exclude<LayerEntry, { kind: 'directory' }>, layer: string): Leaf {
  if (change.kind === 'symlink') return { kind: 'symlink', target: relativeTarget(change) };
  if (change.kind === 'file') {
    const { kind, digest, size, executable } = change;
    return { kind, digest, size, executable };
  }
  const parts = change.target.split('/');
  const name = parts.pop() ?? '';
  const target = folderAt(root, parts)?.get(name);
  if (target === undefined || target instanceof Map)
    throw damaged(layer, `'${change.path}' is a hard link to '${change.target}', which is no file`);
  return target;
}

/** The target of a link as one relative to its folder. */
function relativeTarget({ path, target }: { readonly path: string; readonly target: string }): string {
  if (!target.startsWith('/')) return target;
  return '../'.repeat(path.split('/').length - 1) + (target.replace(/^\/+/, '') || '.');
}

function folderAt(root: Folder, parts: readonly string[]): Folder | undefined {
  let at: Folder | Leaf | undefined = root;
  for (const part of parts) at = at instanceof Map ? at.get(part) : undefined;
  return at instanceof Map ? at : undefined;
}

/** The folder at a path, made where it is missing; what else is in its way gives way, as in an overlay file system. */
function madeFolder(root: Folder, parts: readonly string[]): Folder {
  let at = root;
  for (const part of parts) {
    const found = at.get(part);
    const next: Folder = found instanceof Map ? found : new Map();
    if (next !== found) at.set(part, next);
    at = next;
  }
  return at;
}

function* entriesOf(folder: Folder, prefix: string): Generator<ManifestEntry> {
  for (const [name, entry] of folder) {
    const path = prefix + name;
    if (entry instanceof Map) yield* entriesOf(entry, `${path}/`);
    else yield { ...entry, path };
  }
}
