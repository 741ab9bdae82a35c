import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isLamError, lamError } from '../errors/index.ts';
import type { TemplateEntry } from './read-template.ts';

/**
 * Puts entries into `directory`. They are written to a folder beside it first: a new directory then appears by one
 * rename, and in one that exists (empty, or `force`) each file by its own. Throws `LAM_SCAFFOLD_EXISTS` before
 * anything is written, or `LAM_SCAFFOLD_WRITE_FAILED`, and removes what it made.
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
    // By mkdir, as mkdtemp would leave the project closed to all but its owner.
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

/** The real path of a folder that may be written into; undefined when nothing is there yet. */
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

/** A folder where a file is to be, or a file or link where a folder is to be, can't be written over. */
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

/** Removes `folder` and those above it down to `highest`, as long as they are empty. */
async function removeEmpty(folder: string, highest: string): Promise<void> {
  for (let at = folder; at.startsWith(highest); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      // Something else came to lie there meanwhile: it is no longer ours to remove.
      return;
    }
  }
}
