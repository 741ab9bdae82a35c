import { access, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { runTool } from './run-tool.ts';

/** A package in Deno's cache, or below `node_modules`: its name, and the path in it. */
const CACHED = /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/@]+)\/[^/]+\/(.+)$/;

/**
 * Joins the handler and all that it imports, as deno.json maps it, into one ES module with a source map, with Deno's own
 * bundler. The output contains no path of this machine, so that builds are reproducible. `entry`: relative to the
 * function's folder; `file`: absolute path to write. Throws the errors of a build tool.
 */
export async function denoBundle(
  fn: ProjectFunction,
  { entry, file }: { readonly entry: string; readonly file: string },
  context: BuildContext,
): Promise<void> {
  await runTool(
    {
      functionName: fn.name,
      program: 'deno',
      arguments: [
        ...['bundle', '--quiet', '--platform=deno', '--sourcemap=linked', `--output=${file}`],
        // Versions are those of the lock file; without one, none is written.
        (await hasLock(fn.directory)) ? '--frozen-lockfile' : '--no-lock',
        entry,
      ],
      directory: fn.directory,
      environment: { NO_COLOR: '1' },
      title: `deno bundle ${entry}`,
      why: 'to join the handler with the imports of deno.json',
    },
    context,
  );
  const shown = (path: string): string => portable(resolve(dirname(file), path), join(fn.directory, dirname(entry)));
  const map = JSON.parse(await readFile(`${file}.map`, 'utf8')) as { sources: readonly string[] };
  // The author has the sources; a map with them would double the upload.
  await writeFile(
    `${file}.map`,
    JSON.stringify({ ...map, sources: map.sources.map(shown), sourcesContent: undefined }),
  );
  const code = await readFile(file, 'utf8');
  await writeFile(
    file,
    code.replaceAll(/^\/\/ (\.\.\/.+)$/gm, (_, path: string) => `// ${shown(resolve(fn.directory, path))}`),
  );
}

/** Returns a path relative to the handler's folder; that of a package as if it were in `node_modules`. */
function portable(path: string, folder: string): string {
  const [, name, inside] = CACHED.exec(path) ?? [];
  return name === undefined || inside === undefined ? relative(folder, path) : `node_modules/${name}/${inside}`;
}

function hasLock(directory: string): Promise<boolean> {
  return access(join(directory, 'deno.lock')).then(
    () => true,
    () => false,
  );
}
