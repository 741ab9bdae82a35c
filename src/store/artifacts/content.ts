import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
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

/** Files up to this size are read whole, and sent only once they are known to be sound (bytes). */
const WHOLE_BYTES = 1024 * 1024;

/**
 * Reads one file of an artifact in pieces. Throws `LAM_STORE_ARTIFACT_LOST` if its content is missing or altered: for a
 * large file after its last piece.
 */
export async function* contentPieces(
  paths: Layout,
  artifact: Digest,
  file: ObjectKey & { readonly size: number },
): AsyncGenerator<Buffer, void, void> {
  if (file.size <= WHOLE_BYTES) {
    yield await readContent(paths, artifact, file);
    return;
  }
  const hash = createHash('sha256');
  const stream = createReadStream(paths.object(file.digest, file.executable), { highWaterMark: WHOLE_BYTES });
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    throw lost(paths, artifact, error);
  }
  if (digestOf(hash) !== file.digest) throw lost(paths, artifact);
}
