import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { byPath, type ManifestEntry } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import { parseRuntime } from '../runtimes/index.ts';
import type { BuildContext, BuiltArtifact } from './artifact.ts';
import { bundle } from './bundle.ts';
import { collect, type Collected, type Layer } from './collect.ts';
import { modulesToBundle, provideDependencies } from './dependencies.ts';
import { digestFiles } from './digest.ts';
import { bundleEntry, handlerCandidates } from './handler-file.ts';
import { mergeLayers } from './layers.ts';
import { refuseEscapingLinks } from './links.ts';
import { EVERYTHING, packageRules } from './package-rules.ts';
import { refuseIfCancelled, runTool } from './run-tool.ts';

/** Where the parts of an artifact come from, the first layer on top. */
interface Sources {
  readonly layers: readonly Layer[];
  dispose(): Promise<void>;
}

/**
 * Makes a function's artifact from its source: runs its build command, bundles TypeScript, provides declared
 * dependencies, and lists and digests the files. Throws `LAM_BUILD_*`. Nothing is left in the author's folder but
 * what the build command itself makes there; on failure nothing is left in the workspace but installed dependencies.
 */
export async function buildFunction(given: ProjectFunction, context: BuildContext): Promise<BuiltArtifact> {
  const fn = { ...given, directory: await realFolder(given) };
  if (fn.build.command !== undefined) {
    const command = { program: fn.build.command, arguments: [], shell: true, why: 'as build.command in lam.yaml says' };
    await runTool({ functionName: fn.name, directory: fn.directory, ...command }, context);
  }
  const notices: string[] = [];
  const entry = await bundleEntry(fn);
  const sources = entry === undefined ? await plainSources(fn, context) : await bundledSources(fn, entry, context);
  try {
    const collected: (readonly Collected[])[] = [];
    for (const layer of sources.layers) collected.push(await collect(fn.name, layer, notices));
    const merged = mergeLayers(collected);
    if (merged.size === 0) throw lamError('LAM_BUILD_EMPTY', { function: fn.name, directory: fn.directory });
    refuseEscapingLinks(fn.name, merged.values());
    notices.push(...handlerNotices(fn, merged));
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

async function plainSources(fn: ProjectFunction, context: BuildContext): Promise<Sources> {
  const rules = await packageRules(fn.directory, { include: fn.build.include, onlyIncluded: false });
  const dependencies = await provideDependencies(fn, rules, context);
  return {
    layers: [{ root: fn.directory, prefix: '', rules: dependencies.rules }, ...dependencies.layers],
    dispose: () => dependencies.dispose(),
  };
}

async function bundledSources(fn: ProjectFunction, entry: string, context: BuildContext): Promise<Sources> {
  const modules = await modulesToBundle(fn, context);
  const rules = await packageRules(fn.directory, { include: fn.build.include, onlyIncluded: true });
  await mkdir(context.workspace, { recursive: true });
  const output = await mkdtemp(join(await realpath(context.workspace), 'bundle-'));
  const dispose = (): Promise<void> => rm(output, { recursive: true, force: true });
  try {
    await bundle(fn, { entry, output, modules }, context);
  } catch (error) {
    await dispose();
    throw error;
  }
  const layers: readonly Layer[] = [
    { root: output, prefix: '', rules: EVERYTHING },
    { root: fn.directory, prefix: '', rules },
  ];
  return { layers, dispose };
}

async function describe(
  functionName: string,
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

/** A missing handler is no error of the build: the first invocation reports it as the runtime does. */
function handlerNotices(fn: ProjectFunction, merged: ReadonlyMap<string, Collected>): readonly string[] {
  const candidates = handlerCandidates(fn.config.runtime, fn.config.handler);
  const found = candidates.map((path) => merged.get(path)).find((each) => each !== undefined);
  if (found === undefined)
    return [`the handler '${fn.config.handler}' has no file in the package; looked for ${candidates.join(', ')}`];
  const isProvided = parseRuntime(fn.config.runtime)?.family === 'provided';
  if (isProvided && found.kind === 'file' && !found.executable)
    return [`'${found.path}' is not executable; run: chmod +x ${found.path}`];
  return [];
}
