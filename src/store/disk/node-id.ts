import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from './atomic-file.ts';
import { errnoOf } from './io-errors.ts';
import type { Layout } from './layout.ts';

/** 48 random bits: enough to tell nodes apart, short enough to read. */
const NODE_ID = /^[0-9a-f]{12}$/;

/**
 * The id of this home's node: read from the home, or made and kept there at first. A file that holds no id is replaced.
 * Throws `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE`. For the holder of the lock.
 */
export async function nodeIdOf(paths: Layout): Promise<string> {
  const kept = await readId(paths.nodeId);
  if (kept !== undefined) return kept;
  const made = randomBytes(6).toString('hex');
  await writeFileAtomic(paths.nodeId, `${made}\n`);
  return made;
}

async function readId(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return NODE_ID.test(text) ? text : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
