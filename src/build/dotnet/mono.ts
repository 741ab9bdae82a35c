import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../../project/index.ts';
import type { BuildContext } from '../artifact.ts';
import { collect } from '../collect.ts';
import { cachedFolder } from '../dependency-cache.ts';
import { runTool } from '../run-tool.ts';
import { writeBootstrap } from './bootstrap.ts';
import type { DotnetProject } from './project-file.ts';

/** Packages whose interfaces are in lam's client. */
const IN_CLIENT: ReadonlySet<string> = new Set(['Amazon.Lambda.Core', 'Amazon.Lambda.Serialization.SystemTextJson']);

const CLIENT = '.lam/dotnet/client.exe';
const WHY = 'to compile C# for Mono';

/** Returns the packages of a project that Mono's compiler cannot have. */
export function packagesBeyondMono({ packages }: DotnetProject): readonly string[] {
  return packages.filter((name) => !IN_CLIENT.has(name));
}

/** Compiles a class library with `mcs` into `folder`, with lam's client. Throws the errors of a build tool. */
export async function compileForMono(
  fn: ProjectFunction,
  project: DotnetProject,
  folder: string,
  context: BuildContext,
): Promise<void> {
  const client = await monoClient(fn, context);
  await mkdir(join(folder, '.lam/dotnet'), { recursive: true });
  await cp(join(client, 'client.exe'), join(folder, CLIENT));
  const sources = await sourcesOf(fn, project, context);
  const out = join(folder, `${project.assembly}.dll`);
  const reference = `-r:${join(client, 'client.exe')}`;
  await mcs(fn, 'mcs', ['-target:library', '-debug', `-out:${out}`, reference, ...sources], context);
  await writeBootstrap(folder, `exec mono --debug "$LAMBDA_TASK_ROOT/${CLIENT}" "$_HANDLER"`);
}

/** Returns a folder with lam's client, compiled once for its source. */
async function monoClient(fn: ProjectFunction, context: BuildContext): Promise<string> {
  const source = join(context.assetsDir, 'client-dotnet');
  const files = (await readdir(source)).filter((name) => name.endsWith('.cs')).map((name) => join(source, name));
  const hash = createHash('sha256');
  for (const file of files.toSorted((a, b) => (a < b ? -1 : 1))) hash.update(await readFile(file));
  return cachedFolder(context.workspace, 'mono-client', hash.digest('hex'), (folder) =>
    mcs(fn, "mcs, for lam's client", [`-out:${join(folder, 'client.exe')}`, ...files], context),
  );
}

/** Runs Mono's compiler; `title` is what the step is called. */
async function mcs(fn: ProjectFunction, title: string, words: readonly string[], context: BuildContext): Promise<void> {
  const command = { functionName: fn.name, program: 'mcs', directory: fn.directory, why: WHY };
  await runTool({ ...command, title, arguments: ['-nologo', '-langversion:latest', ...words] }, context);
}

/** The source that the SDK would compile: all below the project's folder but its outputs and what it removes. */
async function sourcesOf(
  fn: ProjectFunction,
  { removed }: DotnetProject,
  { ownOutput }: BuildContext,
): Promise<readonly string[]> {
  const leftOut = new Set([...removed, 'bin', 'obj', '.git', '.lam']);
  const rules = { enters: (path: string) => !leftOut.has(path), takes: (path: string) => path.endsWith('.cs') };
  const found = await collect(fn.name, { root: fn.directory, prefix: '', rules }, [], ownOutput);
  return found.flatMap((each) => (each.kind === 'file' ? [each.source] : [])).toSorted((a, b) => (a < b ? -1 : 1));
}
