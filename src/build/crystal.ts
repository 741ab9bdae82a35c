import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lamError } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { compiledBuild } from './compiled.ts';
import { runTool } from './run-tool.ts';

/** The program in release mode; what the compiler keeps makes a build of unchanged source fast. */
export const crystal = compiledBuild(compile);

async function compile(fn: ProjectFunction, context: BuildContext, file: string): Promise<void> {
  await runTool(
    {
      functionName: fn.name,
      program: 'crystal',
      arguments: ['build', '--release', '--no-debug', '--no-color', '-o', file, await mainFile(fn)],
      title: 'crystal build --release',
      directory: fn.directory,
      environment: { CRYSTAL_CACHE_DIR: join(context.workspace, 'crystal') },
      why: 'to compile Crystal',
    },
    context,
  );
}

/** Returns the program's main file, relative to the function's folder. Throws `LAM_BUILD_NO_PROGRAM`. */
async function mainFile(fn: ProjectFunction): Promise<string> {
  const shard = await readFile(join(fn.directory, 'shard.yml'), 'utf8').catch(() => '');
  const [, name] = /^name:\s*["']?([\w-]+)/m.exec(shard) ?? [];
  const names = ['bootstrap', 'main', ...(name === undefined ? [] : [name])];
  const candidates = names.flatMap((each) => [`src/${each}.cr`, `${each}.cr`]);
  for (const path of candidates) if (await isFile(join(fn.directory, path))) return path;
  throw lamError('LAM_BUILD_NO_PROGRAM', {
    function: fn.name,
    why: `no main file is there; looked for ${candidates.join(', ')}`,
    remedy: 'call the main file src/bootstrap.cr',
  });
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
