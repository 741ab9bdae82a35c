import { constants, createReadStream } from 'node:fs';
import { join } from 'node:path';
import { foldersAbove, type Digest, type ManifestEntry } from '../contract/index.ts';
import type { StaticFile, StaticSource } from '../edge/index.ts';
import { Lru } from '../kit/index.ts';
import type { Registry } from '../registry/index.ts';
import type { ArtifactStore } from '../store/index.ts';

type FileEntry = Extract<ManifestEntry, { readonly kind: 'file' }>;

/** Files and folders of an artifact, by path. */
type Contents = ReadonlyMap<string, FileEntry | 'folder'>;

/** Paths of artifacts that stay in memory, in all. */
const PATHS_KEPT = 200_000;

/**
 * Returns the files of live versions. Only what the manifest lists as a file is found, by its exact path: nothing of a
 * request is ever part of a path of the file system.
 */
export function staticFiles(registry: Registry, artifacts: ArtifactStore): StaticSource {
  const kept = new Lru<Contents>(PATHS_KEPT, (contents) => contents.size + 1);
  const contentsOf = async (artifact: Digest): Promise<Contents> => {
    const known = kept.get(artifact);
    if (known !== undefined) return known;
    const contents = index((await artifacts.manifest(artifact)).entries);
    kept.set(artifact, contents);
    return contents;
  };
  return {
    async find(functionName, path) {
      const { artifact } = registry.resolve(functionName);
      const entry = (await contentsOf(artifact)).get(path);
      return entry === undefined || entry === 'folder' ? entry : fileOf(entry, await artifacts.ensure(artifact));
    },
  };
}

function index(entries: readonly ManifestEntry[]): Contents {
  const contents = new Map<string, FileEntry | 'folder'>([['', 'folder']]);
  for (const entry of entries) {
    if (entry.kind !== 'file') continue;
    contents.set(entry.path, entry);
    for (const folder of foldersAbove(entry.path)) contents.set(folder, 'folder');
  }
  return contents;
}

function fileOf({ path, size, digest }: FileEntry, folder: string): StaticFile {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  return {
    size,
    digest,
    read: (start, end) => createReadStream(join(folder, path), { flags: flags as never, start, end }),
  };
}
