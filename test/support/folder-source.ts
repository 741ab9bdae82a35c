import { access } from 'node:fs/promises';
import { lamError } from '../../src/errors/index.ts';
import type { ArtifactSource } from '../../src/driver/sandbox.ts';
import { digestFor } from './ids.ts';
import type { Digest } from '../../src/contract/index.ts';

const FOLDERS = new Map<Digest, string>();

/** Returns a digest under which {@link folderSource} has the folder at `path`, which need not exist. */
export function artifactAt(path: string): Digest {
  const artifact = digestFor(path);
  FOLDERS.set(artifact, path);
  return artifact;
}

/** Provides the folders passed to {@link artifactAt}, all of them below `folder`, so that tests need no store. */
export function folderSource(folder: string): ArtifactSource {
  return {
    folder,
    async ensure(artifact) {
      const path = FOLDERS.get(artifact) ?? '';
      await access(path).catch(() => {
        throw lamError('LAM_STORE_ARTIFACT_LOST', { artifact: 'test', path });
      });
      return path;
    },
  };
}
