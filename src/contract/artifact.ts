import { createHash } from 'node:crypto';
import { digestOf, type Digest } from './ids.ts';

export type ManifestEntry =
  | {
      /** Relative, `/`-separated, no `.` or `..` part; unique within the manifest. */
      readonly path: string;
      readonly kind: 'file';
      readonly digest: Digest;
      readonly size: number;
      readonly executable: boolean;
    }
  | {
      readonly path: string;
      readonly kind: 'symlink';
      /** As stored; resolves to a place inside the artifact. */
      readonly target: string;
    };

/** Entries of an artifact, sorted by path (code-unit order). Directories are implied by paths. */
export interface Manifest {
  readonly entries: readonly ManifestEntry[];
}

/**
 * Returns the artifact's identity: SHA-256 over a canonical line per entry, so the same files have the same digest in
 * any zip (docs/decisions/0003).
 */
export function artifactDigest(manifest: Manifest): Digest {
  const hash = createHash('sha256').update('lam-artifact-1\n');
  for (const e of manifest.entries) {
    hash.update(
      e.kind === 'file'
        ? `f ${e.digest} ${e.size} ${e.executable ? 'x' : '-'} ${JSON.stringify(e.path)}\n`
        : `l ${JSON.stringify(e.target)} ${JSON.stringify(e.path)}\n`,
    );
  }
  return digestOf(hash);
}

/** Compares entries for the order that {@link Manifest} requires. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** Sum of the sizes of a manifest's files, bytes. */
export function unpackedSize(manifest: Manifest): number {
  return manifest.entries.reduce((sum, e) => sum + (e.kind === 'file' ? e.size : 0), 0);
}

/**
 * Merges manifests into one, where a later one wins: it replaces files of the same path, and what is in the way of its
 * own files and folders. Pure.
 */
export function mergeManifests(manifests: readonly Manifest[]): Manifest {
  const merged = new Map<string, ManifestEntry>();
  for (const { entries } of manifests) {
    const folders = new Set(entries.flatMap(({ path }) => foldersAbove(path)));
    const files = new Set(entries.map(({ path }) => path));
    for (const path of merged.keys())
      if (folders.has(path) || foldersAbove(path).some((folder) => files.has(folder))) merged.delete(path);
    for (const entry of entries) merged.set(entry.path, entry);
  }
  return { entries: [...merged.values()].toSorted(byPath) };
}

/** Returns the folders that a path of a manifest lies in, the outermost first. Pure. */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
