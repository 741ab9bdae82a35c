import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { digestOf, LIMITS, type ManifestEntry, type FunctionName } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import { eachLimited } from '../kit/index.ts';
import type { BuildContext } from './artifact.ts';
import type { CollectedFile } from './collect.ts';
import { refuseIfCancelled } from './run-tool.ts';

/** Files read concurrently. */
const PARALLEL_FILES = 8;

/** Files up to this size are read at once instead of streamed (bytes). */
const WHOLE_FILE_BYTES = 256 * 1024;

/**
 * Returns manifest entries with digest and size of the bytes read. Throws `LAM_BUILD_TOO_LARGE`,
 * `LAM_BUILD_UNREADABLE`, `LAM_BUILD_CANCELLED`.
 */
export async function digestFiles(
  functionName: FunctionName,
  files: readonly CollectedFile[],
  context: Pick<BuildContext, 'signal'>,
): Promise<readonly ManifestEntry[]> {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total > LIMITS.unpackedBytes) {
    const inMiB = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
    throw lamError('LAM_BUILD_TOO_LARGE', {
      function: functionName,
      what: inMiB(total),
      limit: inMiB(LIMITS.unpackedBytes),
    });
  }
  const entries: ManifestEntry[] = [];
  await eachLimited(files, PARALLEL_FILES, async (file) => {
    refuseIfCancelled(functionName, context);
    entries.push(await digestFile(functionName, file));
  });
  return entries;
}

async function digestFile(functionName: FunctionName, file: CollectedFile): Promise<ManifestEntry> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    const pieces = file.size <= WHOLE_FILE_BYTES ? [await readFile(file.source)] : createReadStream(file.source);
    for await (const piece of pieces as AsyncIterable<Buffer> | readonly Buffer[]) {
      hash.update(piece);
      size += piece.length;
    }
  } catch (error) {
    throw lamError(
      'LAM_BUILD_UNREADABLE',
      { function: functionName, path: file.path, reason: messageOf(error) },
      error,
    );
  }
  return { path: file.path, kind: 'file', digest: digestOf(hash), size, executable: file.executable };
}
