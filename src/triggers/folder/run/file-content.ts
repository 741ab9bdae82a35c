import { constants, type BigIntStats } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { errnoOf } from '../../../errors/index.ts';
import { MOST_CONTENT_BYTES } from '../settings.ts';
import type { FileContent } from './file-event.ts';

/** What was read of a file, and its state after that. */
interface ReadFile {
  readonly content: FileContent;
  readonly stat: BigIntStats;
}

/** Reads a file of a folder; undefined if it is not there (any more), or is reached through a symbolic link. */
export async function readContent(root: string, key: string): Promise<ReadFile | undefined> {
  const path = join(root, key);
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const before = await file.stat({ bigint: true });
      if (!before.isFile() || !(await isInside(root, path, before))) return undefined;
      if (before.size > MOST_CONTENT_BYTES) return { content: { contentOmitted: 'too-large' }, stat: before };
      // No more than what the file had: it may grow without end while it is read.
      const bytes = Buffer.alloc(Number(before.size));
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      const content = { content: bytes.toString('base64', 0, length) };
      return { content, stat: await file.stat({ bigint: true }) };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(code)) return undefined;
    throw error;
  }
}

/** Whether an open file is the one at this path, and the path leads through no link out of the folder. */
async function isInside(root: string, path: string, opened: BigIntStats): Promise<boolean> {
  const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
  if (!real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) return false;
  const { dev, ino } = await stat(real, { bigint: true });
  return dev === opened.dev && ino === opened.ino;
}
