import { realpath } from 'node:fs/promises';
import { byPath, type ManifestEntry, type FunctionName } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import { requireRuntime, type Runtime } from '../runtimes/index.ts';
import type { BuildContext, BuiltArtifact } from './artifact.ts';
import { collect, type Collected } from './collect.ts';
import { digestFiles } from './digest.ts';
import { mergeLayers } from './layers.ts';
import { refuseEscapingLinks } from './links.ts';
import { BUILDS } from './list.ts';
import { refuseIfCancelled, runTool } from './run-tool.ts';

/**
 * Makes a function's artifact from its source: runs its build command, bundles TypeScript, provides declared
 * dependencies, and lists and digests the files. Throws `LAM_BUILD_*` and `LAM_REGISTRY_UNKNOWN_RUNTIME`. Leaves
 * nothing in the author's folder except what the build command itself makes there; on failure leaves nothing in the
 * workspace except installed dependencies.
 */
export async function buildFunction(given: ProjectFunction, context: BuildContext): Promise<BuiltArtifact> {
  const runtime = requireRuntime(given.config.runtime);
  const fn = { ...given, directory: await realFolder(given) };
  if (fn.build.command !== undefined) {
    const command = { program: fn.build.command, arguments: [], shell: true, why: 'as build.command in lam.yaml says' };
    await runTool({ functionName: fn.name, directory: fn.directory, ...command }, context);
  }
  const notices: string[] = [];
  const sources = await BUILDS[runtime.family].sources(fn, context);
  try {
    const collected: (readonly Collected[])[] = [];
    for (const layer of sources.layers) collected.push(await collect(fn.name, layer, notices));
    const merged = mergeLayers(collected);
    if (merged.size === 0) throw lamError('LAM_BUILD_EMPTY', { function: fn.name, directory: fn.directory });
    refuseEscapingLinks(fn.name, merged.values());
    notices.push(...handlerNotices(fn, runtime, merged));
    return { ...(await describe(fn.name, merged, context)), notices, dispose: () => sources.dispose() };
  } catch (error) {
    await sources.dispose();
    throw error;
  }
}

async function realFolder(fn: ProjectFunction): Promise<string> {
  try {
    return await realpath(fn.directory);
  } catch (error) {
    throw lamError('LAM_BUILD_UNREADABLE', { function: fn.name, path: fn.directory, reason: messageOf(error) }, error);
  }
}

async function describe(
  functionName: FunctionName,
  merged: ReadonlyMap<string, Collected>,
  context: BuildContext,
): Promise<Pick<BuiltArtifact, 'manifest' | 'files'>> {
  const all = [...merged.values()];
  const files = all.filter((each) => each.kind === 'file');
  const links: ManifestEntry[] = all.filter((each) => each.kind === 'symlink');
  refuseIfCancelled(functionName, context);
  const entries = [...(await digestFiles(functionName, files, context)), ...links].toSorted(byPath);
  return { manifest: { entries }, files: new Map(files.map((file) => [file.path, file.source])) };
}

/** A missing handler does not fail the build: the first invocation reports it as the runtime does. */
function handlerNotices(
  { config }: ProjectFunction,
  { family, descriptor }: Runtime,
  merged: ReadonlyMap<string, Collected>,
): readonly string[] {
  const candidates = BUILDS[family].candidates(config.handler);
  const found = candidates.map((path) => merged.get(path)).find((each) => each !== undefined);
  if (found === undefined)
    return [`the handler '${config.handler}' has no file in the package; looked for ${candidates.join(', ')}`];
  if (descriptor.entry.kind === 'executable' && found.kind === 'file' && !found.executable)
    return [`'${found.path}' is not executable; run: chmod +x ${found.path}`];
  return [];
}
