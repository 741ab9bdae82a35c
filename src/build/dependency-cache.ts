import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newDraft } from './drafts.ts';

/** Folders that are being filled, by their paths. */
const filling = new Map<string, Promise<void>>();

/**
 * Returns the folder `<workspace>/<kind>/<key>`, filled by `make` when absent. `make` works in a draft that is
 * renamed at the end, so that a folder of the final name is always complete. Waits while another build of this process
 * fills the same folder.
 */
export async function cachedFolder(
  workspace: string,
  kind: string,
  key: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const place = join(workspace, kind, key);
  const other = filling.get(place);
  if (other === undefined) {
    const filled = fillIfAbsent(workspace, place, make);
    filling.set(place, filled);
    await filled.finally(() => filling.delete(place));
  } else {
    // If the other build fails, this one tries for itself, so that its errors name its own function.
    await other.catch(() => fillIfAbsent(workspace, place, make));
  }
  return place;
}

async function fillIfAbsent(workspace: string, place: string, make: (folder: string) => Promise<void>): Promise<void> {
  if (await isFolder(place)) return;
  await mkdir(dirname(place), { recursive: true });
  const draft = await newDraft(workspace);
  try {
    await make(draft);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another build with the same dependencies finished first; its folder is used.
    if (!(isTaken(error) && (await isFolder(place)))) throw error;
  }
}

function isTaken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
