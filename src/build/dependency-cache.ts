import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Returns the folder `<workspace>/<kind>/<key>`, filled by `make` when absent. `make` works in a sibling that is
 * renamed at the end, so that a folder of the final name is always complete.
 */
export async function cachedFolder(
  workspace: string,
  kind: string,
  key: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const place = join(workspace, kind, key);
  if (await isFolder(place)) return place;
  await mkdir(join(workspace, kind), { recursive: true });
  const draft = await mkdtemp(join(workspace, kind, '.draft-'));
  try {
    await make(draft);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another build with the same dependencies finished first; its folder is used.
    if (!(isTaken(error) && (await isFolder(place)))) throw error;
  }
  return place;
}

function isTaken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
