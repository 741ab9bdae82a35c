import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { cachedFolder } from './dependency-cache.ts';
import { runTool } from './run-tool.ts';

/** Files that determine what Composer installs. */
const INPUTS = ['composer.json', 'composer.lock', 'auth.json'] as const;
const WHY = 'to install what composer.json declares';

/**
 * Installs production packages with Composer from copies of composer.json and its lock file; returns the folder that
 * becomes `vendor`, undefined without a composer.json. Does not touch the author's folder. Equal inputs and PHP share a
 * folder. Throws the errors of a build tool.
 */
export async function installComposerPackages(fn: ProjectFunction, context: BuildContext): Promise<string | undefined> {
  const present = new Map<string, Buffer>();
  for (const name of INPUTS) {
    const content = await readFile(join(fn.directory, name)).catch(() => undefined);
    if (content !== undefined) present.set(name, content);
  }
  if (!present.has('composer.json')) return undefined;
  const hash = createHash('sha256').update(`${await phpOf(fn, context)}\n`);
  for (const [name, content] of present) hash.update(`${name} ${content.length}\n`).update(content);
  const folder = await cachedFolder(context.workspace, 'composer', hash.digest('hex'), async (draft) => {
    for (const name of present.keys()) await copyFile(join(fn.directory, name), join(draft, name));
    await runTool(
      {
        functionName: fn.name,
        program: 'composer',
        arguments: ['install', '--no-dev', '--no-interaction', '--no-progress', '--no-scripts', '--no-plugins'],
        directory: draft,
        environment: { COMPOSER_VENDOR_DIR: 'vendor', COMPOSER_ALLOW_SUPERUSER: '1', COMPOSER: 'composer.json' },
        why: WHY,
      },
      context,
    );
  });
  return join(folder, 'vendor');
}

/** The version of the PHP that Composer runs on, which its packages fit. */
async function phpOf(fn: ProjectFunction, context: BuildContext): Promise<string> {
  const lines = await runTool(
    {
      functionName: fn.name,
      program: 'php',
      arguments: ['-r', 'echo PHP_VERSION;'],
      directory: fn.directory,
      why: WHY,
    },
    { ...context, log: () => undefined },
  );
  return lines.at(-1) ?? '';
}
