import { foldersAbove } from '../contract/index.ts';
import type { Collected } from './collect.ts';

/** Merges layers, the first on top: drops entries of a lower layer that a higher one has as a file or folder. */
export function mergeLayers(layers: readonly (readonly Collected[])[]): ReadonlyMap<string, Collected> {
  const merged = new Map<string, Collected>();
  const folders = new Set<string>();
  for (const layer of layers) {
    const wins = layer.filter(
      ({ path }) => !merged.has(path) && !folders.has(path) && !foldersAbove(path).some((folder) => merged.has(folder)),
    );
    for (const entry of wins) {
      merged.set(entry.path, entry);
      for (const folder of foldersAbove(entry.path)) folders.add(folder);
    }
  }
  return merged;
}
