import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { digestOf, type Digest } from '../../contract/index.ts';
import type { Layout } from '../disk/layout.ts';
import { lost } from './manifest.ts';
import type { ObjectKey } from './objects.ts';

/**
 * Reads one file of an artifact into memory. Throws `LAM_STORE_ARTIFACT_LOST` if its content is missing or altered.
 * @param file an entry of the artifact's manifest
 */
export async function readContent(paths: Layout, artifact: Digest, file: ObjectKey): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(paths.object(file.digest, file.executable));
  } catch (error) {
    throw lost(paths, artifact, error);
  }
  if (digestOf(createHash('sha256').update(bytes)) !== file.digest) throw lost(paths, artifact);
  return bytes;
}
