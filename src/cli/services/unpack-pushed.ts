import { cp, lstat, mkdir, open, readdir, rename, rmdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { LamClient } from '../../client/index.ts';
import type { Digest } from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import { projectText } from '../../project/index.ts';
import { requireRuntime } from '../../runtimes/index.ts';
import { receivePart, type FoundVersion } from './pull.ts';

/** A project that was made of a version of a registry. */
export interface UnpackedPushed {
  /** Absolute path. */
  readonly directory: string;
  /** Number of files. */
  readonly files: number;
  /** Whether it is the folder that was pushed as a template; otherwise it is the code and a lam.yaml made for it. */
  readonly isTemplate: boolean;
  /** Sentences for the user. */
  readonly notices: readonly string[];
}

/** Where layers of a function go that has no template. */
const LAYERS_FOLDER = 'layers';

/** Throws `LAM_OCI_FOLDER_EXISTS` unless the folder does not exist or is empty. */
export async function refuseFilled(directory: string): Promise<void> {
  const stats = await lstat(directory).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isDirectory() || (await readdir(directory)).length > 0)
    throw lamError('LAM_OCI_FOLDER_EXISTS', { directory });
}

/**
 * Makes a folder of a version: its template, or else its code with a lam.yaml. The folder appears whole. Throws
 * `LAM_OCI_FOLDER_EXISTS`, `LAM_SCAFFOLD_WRITE_FAILED`, and what {@link receivePart} throws.
 */
export async function unpackPushed(
  found: FoundVersion,
  directory: string,
  place: { readonly client: LamClient; readonly folder: string },
  say: (line: string) => void,
): Promise<UnpackedPushed> {
  await refuseFilled(directory);
  const { client, folder } = place;
  const { pushed, parts } = found;
  const isTemplate = parts.template !== undefined;
  // Throws for a runtime that this lam does not know, before anything is made.
  const notices = noticesOf(found, isTemplate);
  const main = await receivePart(found, isTemplate ? 'template' : 'code', place, say);
  const layers = isTemplate || pushed.layers === null ? undefined : await receivePart(found, 'layers', place, say);
  const draft = join(folder, 'project');
  try {
    let files = await writeFiles(client, main, draft);
    if (layers !== undefined) files += await writeFiles(client, layers, join(draft, LAYERS_FOLDER));
    if (!isTemplate) {
      const also = { environment: pushed.environment, layers: layers === undefined ? [] : [`./${LAYERS_FOLDER}`] };
      await writeFile(join(draft, 'lam.yaml'), projectText(pushed.name, pushed.settings, also));
      files += 1;
    }
    await moveTo(draft, directory);
    return { directory, files, isTemplate, notices };
  } catch (error) {
    if (isLamError(error)) throw error;
    const { path = directory, message } = error as NodeJS.ErrnoException;
    throw lamError('LAM_SCAFFOLD_WRITE_FAILED', { path, reason: message }, error);
  }
}

function noticesOf({ pushed }: FoundVersion, isTemplate: boolean): readonly string[] {
  const { name, environment, settings } = pushed;
  const notices: string[] = [];
  if (environment.length > 0)
    notices.push(`the values of ${environment.join(', ')} were not pushed: give them in lam.yaml, or with --env-file`);
  if (!isTemplate && requireRuntime(settings.runtime ?? '').descriptor.entry.kind === 'executable')
    notices.push(`it is the compiled program, not its source: to run it, lam deploy REFERENCE makes it '${name}' here`);
  return notices;
}

async function writeFiles(client: LamClient, artifact: Digest, to: string): Promise<number> {
  let files = 0;
  await mkdir(to, { recursive: true });
  // The store has checked the paths: none leads out of the artifact.
  for await (const { entry, content } of client.artifacts.files(artifact)) {
    const path = join(to, entry.path);
    await mkdir(dirname(path), { recursive: true });
    files += 1;
    if (entry.kind === 'symlink') {
      await symlink(entry.target, path);
      continue;
    }
    const file = await open(path, 'wx', entry.executable ? 0o755 : 0o644);
    try {
      for await (const piece of content) await file.writeFile(piece);
    } finally {
      await file.close();
    }
  }
  return files;
}

/** Moves a folder to its place, by one rename even from another file system. */
async function moveTo(draft: string, directory: string): Promise<void> {
  const above = dirname(directory);
  await mkdir(above, { recursive: true });
  await refuseFilled(directory);
  await rmdir(directory).catch(() => undefined);
  try {
    await rename(draft, directory);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
  }
  const beside = join(above, `.lam-pull-${randomUUID()}`);
  try {
    await cp(draft, beside, { recursive: true, verbatimSymlinks: true });
    await rename(beside, directory);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}
