import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { runTool } from './run-tool.ts';

/** Defines `require` for bundled CommonJS, which loads Node's built-in modules with it. */
const BANNER =
  "import { createRequire as lamCreateRequire } from 'node:module'; globalThis.require ??= lamCreateRequire(import.meta.url);";

export interface BundleRequest {
  /** Source of the handler, relative to the function's folder. */
  readonly entry: string;
  /** Absolute path of the module to write. */
  readonly file: string;
  /** Absolute path of a folder with a `node_modules` to look in besides the author's, or undefined. */
  readonly modules: string | undefined;
}

/**
 * Bundles the handler and its imports, except Node's built-in modules, into one ES module with a source map. The output
 * contains no path of this machine, so that builds are reproducible. Throws the errors of a build tool.
 */
export async function bundle(fn: ProjectFunction, request: BundleRequest, context: BuildContext): Promise<void> {
  const { file } = request;
  const modules = request.modules === undefined ? undefined : join(request.modules, 'node_modules');
  await runTool(
    {
      functionName: fn.name,
      program: context.esbuildBinary,
      title: `esbuild ${request.entry}`,
      arguments: [
        request.entry,
        '--bundle',
        '--platform=node',
        '--format=esm',
        '--target=node22',
        '--sourcemap=linked',
        // The author has the sources; a map with them would double the upload.
        '--sources-content=false',
        '--log-level=warning',
        '--color=false',
        `--banner:js=${BANNER}`,
        `--outfile=${file}`,
      ],
      directory: fn.directory,
      ...(modules === undefined ? {} : { environment: { NODE_PATH: modules } }),
      why: 'to bundle the handler',
    },
    context,
  );
  await makePortable({ file, entry: request.entry, directory: fn.directory, modules });
}

/**
 * Rewrites paths of this machine: in the source map relative to the module, as if that were beside the handler's source,
 * and in esbuild's comments relative to the function's folder.
 */
async function makePortable(bundled: {
  readonly file: string;
  readonly entry: string;
  readonly directory: string;
  readonly modules: string | undefined;
}): Promise<void> {
  const { file, directory, modules } = bundled;
  const folder = dirname(bundled.entry);
  const rename = (absolute: string): string => {
    const inModules = modules === undefined ? undefined : relative(modules, absolute);
    return inModules === undefined || inModules.startsWith('..')
      ? relative(join(directory, folder), absolute)
      : posix.join(relative(folder, ''), 'node_modules', inModules);
  };
  const map = JSON.parse(await readFile(`${file}.map`, 'utf8')) as { sources: readonly string[] };
  const sources = map.sources.map((source) => rename(resolve(dirname(file), source)));
  await writeFile(`${file}.map`, JSON.stringify({ ...map, sources }));
  if (modules === undefined) return;
  const code = await readFile(file, 'utf8');
  await writeFile(file, code.replaceAll(relative(directory, modules), 'node_modules'));
}
