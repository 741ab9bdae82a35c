import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { cachedFolder } from './dependency-cache.ts';
import { runTool } from './run-tool.ts';

const LOCK_FILES = ['npm-shrinkwrap.json', 'package-lock.json'] as const;

/** Files that determine what npm installs. */
const INPUTS = ['package.json', '.npmrc', ...LOCK_FILES] as const;

/**
 * Installs production dependencies with npm from copies of package.json, its lock file and .npmrc; returns the folder
 * of the workspace that contains `node_modules`. Does not touch the author's folder. Equal inputs share a folder.
 * Throws the errors of a build tool.
 */
export async function installNodeDependencies(fn: ProjectFunction, context: BuildContext): Promise<string> {
  const present = new Map<string, Buffer>();
  for (const name of INPUTS) {
    const content = await readFile(join(fn.directory, name)).catch(() => undefined);
    if (content !== undefined) present.set(name, content);
  }
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const [name, content] of present) hash.update(`${name} ${content.length}\n`).update(content);
  const isLocked = LOCK_FILES.some((name) => present.has(name));
  return cachedFolder(context.workspace, 'npm', hash.digest('hex'), async (folder) => {
    for (const name of present.keys()) await copyFile(join(fn.directory, name), join(folder, name));
    const action = isLocked ? 'ci' : 'install';
    await runTool(
      {
        functionName: fn.name,
        program: 'npm',
        arguments: [action, '--omit=dev', '--no-audit', '--no-fund'],
        directory: folder,
        why: 'to install what package.json declares',
      },
      context,
    );
  });
}
