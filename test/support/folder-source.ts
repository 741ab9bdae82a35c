import { access } from 'node:fs/promises';
import { lamError } from '../../src/errors/index.ts';
import type { ArtifactSource } from '../../src/driver/sandbox.ts';

/** Takes the path of a folder for the digest of what is in it, so that tests need no store. */
export const FOLDER_SOURCE: ArtifactSource = {
  async ensure(path) {
    await access(path).catch(() => {
      throw lamError('LAM_STORE_ARTIFACT_LOST', { artifact: 'test', path });
    });
    return path;
  },
};
