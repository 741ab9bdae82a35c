import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from './atomic-file.ts';
import { errnoOf } from './io-errors.ts';
import type { Layout } from './layout.ts';

/** 48 random bits, in hexadecimal. */
const NODE_ID = /^[0-9a-f]{12}$/;

/**
 * Returns the id of this home's node; makes and stores one where the file is missing or holds no id. The caller holds
 * the lock. Throws `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE`.
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
