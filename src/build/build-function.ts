import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { byPath, type FunctionName, type Manifest, type ManifestEntry } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import { requireRuntime } from '../runtimes/index.ts';
import type { BuildContext, BuiltArtifact, FunctionArtifact } from './artifact.ts';
import { inContainer } from './container.ts';
import { collect, type Collected } from './collect.ts';
import { digestFiles } from './digest.ts';
import type { Sources } from './family-build.ts';
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
export async function buildFunction(given: ProjectFunction, context: BuildContext): Promise<FunctionArtifact> {
  const fn = await withRealFolders(given);
  return forFunction(fn, await buildSource(fn, context));
}

/** Builds a function's source; the artifact has no notices about the handler. `fn`: of {@link withRealFolders}. */
export async function buildSource(fn: ProjectFunction, given: BuildContext): Promise<FunctionArtifact> {
  const isInside = fn.build.inContainer === true || given.allInContainer === true;
  const context = isInside ? await inContainer(fn, given) : given;
  const { family } = requireRuntime(fn.config.runtime);
  if (fn.build.command !== undefined) {
    const command = { program: fn.build.command, arguments: [], shell: true, why: 'as build.command in lam.yaml says' };
    await runTool({ functionName: fn.name, directory: fn.directory, ...command }, context);
  }
  const sources = await BUILDS[family].sources(fn, context);
  const read = (): Promise<BuiltArtifact> => readSources(fn, sources, context);
  try {
    return { ...(await read()), reread: read };
  } catch (error) {
    await sources.dispose();
    throw error;
  }
}

/** The artifact with what its author should know about the function's handler. */
export function forFunction(fn: ProjectFunction, built: FunctionArtifact): FunctionArtifact {
  const noted = (each: BuiltArtifact): BuiltArtifact => ({
    ...each,
    notices: [...each.notices, ...handlerNotices(fn, each.manifest)],
  });
  return { ...noted(built), reread: async () => noted(await built.reread()) };
}

/** The function with real paths of its folders. Throws `LAM_BUILD_UNREADABLE`. */
export async function withRealFolders(fn: ProjectFunction): Promise<ProjectFunction> {
  const directory = await realFolder(fn);
  return { ...fn, directory, othersFolders: fn.othersFolders.map((at) => join(directory, relative(fn.directory, at))) };
}

async function readSources(fn: ProjectFunction, sources: Sources, context: BuildContext): Promise<BuiltArtifact> {
  const notices: string[] = [];
  const collected: (readonly Collected[])[] = [];
  for (const layer of sources.layers) collected.push(await collect(fn.name, layer, notices, context.ownOutput));
  const merged = mergeLayers(collected);
  if (merged.size === 0) throw lamError('LAM_BUILD_EMPTY', { function: fn.name, directory: fn.directory });
  refuseEscapingLinks(fn.name, merged.values());
  return { ...(await describe(fn.name, merged, context)), notices, dispose: () => sources.dispose() };
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
function handlerNotices({ config, layers }: ProjectFunction, { entries }: Manifest): readonly string[] {
  const { family, descriptor } = requireRuntime(config.runtime);
  const candidates = BUILDS[family].candidates(config.handler);
  if (candidates.length === 0) return [];
  const found = candidates.map((path) => entries.find((each) => each.path === path)).find((each) => each !== undefined);
  // A layer may have it.
  if (found === undefined && layers.length > 0) return [];
  if (found === undefined)
    return [`the handler '${config.handler}' has no file in the package; looked for ${candidates.join(', ')}`];
  if (descriptor.entry.kind === 'executable' && found.kind === 'file' && !found.executable)
    return [`'${found.path}' is not executable; run: chmod +x ${found.path}`];
  return [];
}
