import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isLamError, lamError } from '../errors/index.ts';
import type { TemplateEntry } from './read-template.ts';

/**
 * Writes entries to `directory`, through a temporary sibling: a new directory appears by one rename; in an existing one
 * (empty, or `force`) each file does. Throws `LAM_SCAFFOLD_EXISTS` before writing anything, or
 * `LAM_SCAFFOLD_WRITE_FAILED`, and removes what it created.
 */
export async function layOut(entries: readonly TemplateEntry[], directory: string, force: boolean): Promise<void> {
  let made: string | undefined;
  let draft: string | undefined;
  try {
    const existing = await existingFolder(directory, force);
    if (existing !== undefined) await refuseClashes(entries, existing);
    const place = existing ?? directory;
    const above = dirname(place);
    made = await mkdir(above, { recursive: true });
    // Not mkdtemp, whose mode 0700 the project would keep.
    const beside = join(above, `.lam-init-${randomUUID()}`);
    await mkdir(beside);
    draft = beside;
    await writeEntries(entries, draft);
    if (existing === undefined) await rename(draft, place);
    else await moveInto(entries, draft, existing);
    if (existing !== undefined) await rm(draft, { recursive: true });
  } catch (error) {
    if (draft !== undefined) await rm(draft, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(dirname(directory), made);
    if (isLamError(error)) throw error;
    const { path, message } = error as NodeJS.ErrnoException;
    throw lamError('LAM_SCAFFOLD_WRITE_FAILED', { path: path ?? directory, reason: message }, error);
  }
}

/** Returns the real path of a writable target folder; undefined when it does not exist. */
async function existingFolder(directory: string, force: boolean): Promise<string | undefined> {
  const found = await lstat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const real = await realpath(directory).catch(() => undefined);
  const isFolder = real !== undefined && (await lstat(real)).isDirectory();
  if (!isFolder || (!force && (await readdir(real)).length > 0)) throw lamError('LAM_SCAFFOLD_EXISTS', { directory });
  return real;
}

/** Refuses a folder in place of a file, and a file or link in place of a folder. */
async function refuseClashes(entries: readonly TemplateEntry[], directory: string): Promise<void> {
  for (const { path } of entries) {
    const parts = path.split('/');
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const place = join(directory, ...parts.slice(0, depth));
      const stats = await lstat(place).catch(() => undefined);
      if (stats === undefined) break;
      if (stats.isDirectory() !== depth < parts.length) throw lamError('LAM_SCAFFOLD_EXISTS', { directory: place });
    }
  }
}

async function writeEntries(entries: readonly TemplateEntry[], root: string): Promise<void> {
  for (const entry of entries) {
    const place = join(root, entry.path);
    await mkdir(dirname(place), { recursive: true });
    if (entry.kind === 'symlink') await symlink(entry.target, place);
    else await writeFile(place, entry.content, { mode: entry.executable ? 0o755 : 0o644, flag: 'wx' });
  }
}

async function moveInto(entries: readonly TemplateEntry[], from: string, to: string): Promise<void> {
  for (const { path } of entries) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await rename(join(from, path), join(to, path));
  }
}

/** Removes `folder` and its parents up to `highest` while they are empty. */
async function removeEmpty(folder: string, highest: string): Promise<void> {
  for (let at = folder; at.startsWith(highest); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      // Not empty: something else was created there in the meantime.
      return;
    }
  }
}
