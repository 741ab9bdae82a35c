import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

/** What is made, by the name of the file in the output folder. `light` is first code, which must load in a millisecond. */
const BUNDLES = {
  'lam.cjs': { entry: 'src/cli/entry/npm.ts', light: true },
  'lam-binary.cjs': { entry: 'src/cli/entry/binary.ts', light: true },
  'app.cjs': { entry: 'src/cli/app.ts', light: false },
  'daemon.cjs': { entry: 'src/daemon/main.ts', light: false },
  'dockerode.cjs': { entry: 'node_modules/dockerode/lib/docker.js', light: false },
  'assets/log-worker.cjs': { entry: 'src/logs/worker.ts', light: true },
} as const;

/** What dependencies try to load and do without: native add-ons, and the compiler oclif would use on a plugin in development. */
const OPTIONAL = ['cpu-features', '*.node', 'typescript'];

/** Some dependencies are ES modules that ask where they are; inside a CommonJS bundle that is the bundle's own file. */
const BANNER = "const LAM_META_URL = require('node:url').pathToFileURL(__filename).href;";

/**
 * dockerode and what it brings along are four fifths of the daemon's code, and V8 reads through a file before it runs any of it:
 * in a file of its own they cost a daemon's start nothing.
 */
const APART: Plugin = {
  name: 'dockerode-apart',
  setup(build) {
    build.onResolve({ filter: /^dockerode$/ }, () => ({ path: './dockerode.cjs', external: true }));
  },
};

/**
 * Bundles lam into `outDir` as CommonJS for Node 22 and newer. Modules that are imported dynamically stay unevaluated
 * until they are needed.
 */
export async function buildBundles(root: string, outDir: string): Promise<void> {
  const version = await versionOf(root);
  await Promise.all(
    Object.entries(BUNDLES).map(([file, { entry, light }]) =>
      build(options(root, { entry, file: join(outDir, file), light, version })),
    ),
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
    define: {
      LAM_VERSION: JSON.stringify(bundle.version),
      ...(bundle.light ? {} : { 'import.meta.url': 'LAM_META_URL' }),
    },
    ...(bundle.light ? {} : { banner: { js: BANNER } }),
    plugins: bundle.file.endsWith('daemon.cjs') ? [APART] : [],
    logLevel: 'warning',
  };
}

/** The daemon in one piece, for the single binary, which can't load a file beside it. */
export async function buildWholeDaemon(root: string, file: string): Promise<void> {
  await build({
    ...options(root, { entry: BUNDLES['daemon.cjs'].entry, file, light: false, version: await versionOf(root) }),
    plugins: [],
  });
}

async function versionOf(root: string): Promise<string> {
  return (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}
