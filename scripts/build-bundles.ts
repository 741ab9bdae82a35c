import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

/** What is made, by the name of the file in the output folder. `light` is first code, which must load in a millisecond. */
const BUNDLES = {
  'lam.cjs': { entry: 'src/cli/entry/npm.ts', light: true },
  'lam-binary.cjs': { entry: 'src/cli/entry/binary.ts', light: true },
  'app.cjs': { entry: 'src/cli/app.ts', light: false },
  'daemon.cjs': { entry: 'src/daemon/main.ts', light: false },
  'assets/log-worker.cjs': { entry: 'src/logs/worker.ts', light: true },
} as const;

/** What dependencies try to load and do without: native add-ons, and the compiler oclif would use on a plugin in development. */
const OPTIONAL = ['cpu-features', '*.node', 'typescript'];

/** Some dependencies are ES modules that ask where they are; inside a CommonJS bundle that is the bundle's own file. */
const BANNER = "const LAM_META_URL = require('node:url').pathToFileURL(__filename).href;";

/**
 * Bundles lam into `outDir` as CommonJS for Node 22 and newer. Modules that are imported dynamically stay unevaluated
 * until they are needed.
 */
export async function buildBundles(root: string, outDir: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  await Promise.all(
    Object.entries(BUNDLES).map(([file, { entry, light }]) => build(options(root, { entry, file: join(outDir, file), light, version }))),
  );
}

function options(
  root: string,
  bundle: { readonly entry: string; readonly file: string; readonly light: boolean; readonly version: string },
): BuildOptions {
  return {
    absWorkingDir: root,
    entryPoints: [join(root, bundle.entry)],
    outfile: bundle.file,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    minify: true,
    // Names of errors and commands are shown to people.
    keepNames: !bundle.light,
    legalComments: 'none',
    external: OPTIONAL,
    define: { LAM_VERSION: JSON.stringify(bundle.version), ...(bundle.light ? {} : { 'import.meta.url': 'LAM_META_URL' }) },
    ...(bundle.light ? {} : { banner: { js: BANNER } }),
    logLevel: 'warning',
  };
}
