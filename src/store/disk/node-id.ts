import { readFile } from 'node:fs/promises';
import { isNodeId, newNodeId, type NodeId } from '../../contract/index.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { errnoOf } from './io-errors.ts';
import type { Layout } from './layout.ts';

/**
 * Returns the id of this home's node; makes and stores one where the file is missing or holds no id. The caller holds
 * the lock. Throws `LAM_STORE_DISK_FULL` or `LAM_STORE_NOT_WRITABLE`.
 */
export async function nodeIdOf(paths: Layout): Promise<NodeId> {
  const kept = await readId(paths.nodeId);
  if (kept !== undefined) return kept;
  const made = newNodeId();
  await writeFileAtomic(paths.nodeId, `${made}\n`);
  return made;
}

async function readId(path: string): Promise<NodeId | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return isNodeId(text) ? text : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
