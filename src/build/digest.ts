import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { digestOf, LIMITS, type Digest, type ManifestEntry, type FunctionName } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import { eachLimited } from '../kit/index.ts';
import type { BuildContext, DigestMemo } from './artifact.ts';
import type { CollectedFile } from './collect.ts';
import { refuseIfCancelled } from './run-tool.ts';

/** Files read concurrently. */
const PARALLEL_FILES = 8;

/** Files up to this size are read at once, larger ones in pieces (bytes). */
const WHOLE_FILE_BYTES = 256 * 1024;
const PIECE_BYTES = 1024 * 1024;

/**
 * Returns manifest entries with digest and size of the bytes read, of large files that grow meanwhile the size they had. Throws `LAM_BUILD_TOO_LARGE`,
 * `LAM_BUILD_UNREADABLE`, `LAM_BUILD_CANCELLED`.
 */
export async function digestFiles(
  functionName: FunctionName,
  files: readonly CollectedFile[],
  context: Pick<BuildContext, 'signal' | 'digests'>,
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
    entries.push(await entryOf(functionName, file, context.digests));
  });
  return entries;
}

async function entryOf(
  functionName: FunctionName,
  file: CollectedFile,
  memo: DigestMemo | undefined,
): Promise<ManifestEntry> {
  const key = `${file.source}\0${file.state}`;
  let read = memo?.get(key);
  if (read === undefined) {
    read = digestFile(functionName, file);
    memo?.set(key, read);
  }
  const { digest, size } = await read;
  return { path: file.path, kind: 'file', digest, size, executable: file.executable };
}

async function digestFile(
  functionName: FunctionName,
  file: CollectedFile,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const piece of file.size <= WHOLE_FILE_BYTES ? [await readFile(file.source)] : piecesOf(file)) {
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
  return { digest: digestOf(hash), size };
}

/** Reads as much as the file had when it was listed. Each piece is valid until the next. A stream takes nearly twice the time. */
async function* piecesOf({ source, size }: CollectedFile): AsyncGenerator<Buffer, void, void> {
  const file = await open(source, 'r');
  try {
    const piece = Buffer.allocUnsafe(Math.min(size, PIECE_BYTES));
    for (let left = size; left > 0;) {
      const { bytesRead } = await file.read(piece, 0, Math.min(left, piece.length));
      if (bytesRead === 0) return;
      left -= bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
