import { rm } from 'node:fs/promises';
import { newDraft, reclaimDrafts } from '../../build/index.ts';
import { EXIT } from '../../errors/index.ts';
import { buildFolder } from './deploy.ts';

/**
 * Calls `work` with an empty folder for unfinished files in the home, and removes it, also when the user interrupts the
 * command. What a killed command left is removed here.
 */
export async function withDraft<T>(home: string, work: (folder: string) => Promise<T>): Promise<T> {
  const workspace = buildFolder(home);
  await reclaimDrafts(workspace);
  const folder = await newDraft(workspace);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const interrupt = (): void => void remove().finally(() => process.exit(EXIT.interrupted));
  process.once('SIGINT', interrupt);
  try {
    return await work(folder);
  } finally {
    process.off('SIGINT', interrupt);
    await remove();
  }
}
