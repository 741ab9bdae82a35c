import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

/** What a build makes, relative to the output folder, from which entry. */
const BUNDLES = {
  lam: 'src/cli/entry/npm.ts',
  'lam-binary': 'src/cli/entry/binary.ts',
  app: 'src/cli/app.ts',
  daemon: 'src/daemon/main.ts',
} as const;

/** Native add-ons that dependencies try to load and do without. */
const OPTIONAL = ['cpu-features', '*.node'];

/**
 * Some dependencies are ES modules that ask where they are; inside a CommonJS bundle that is the bundle's own file.
 */
const BANNER = `const LAM_META_URL = require('node:url').pathToFileURL(__filename).href;`;

/**
 * Bundles lam into `outDir` as CommonJS for Node 22 and newer: `lam.cjs` (first code, small), `app.cjs`, `daemon.cjs`
 * and `lam-binary.cjs` (first code of the single executable). Modules that are imported dynamically stay unevaluated
 * until they are needed. Entries that do not exist are left out and returned.
 */
export async function buildBundles(root: string, outDir: string): Promise<readonly string[]> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const missing: string[] = [];
  await Promise.all(
    Object.entries(BUNDLES).map(async ([name, entry]) => {
      if (!existsSync(join(root, entry))) {
        missing.push(entry);
        return;
      }
      await build(options(root, join(root, entry), join(outDir, `${name}.cjs`), version));
    }),
  );
  return missing;
}

function options(root: string, entry: string, outfile: string, version: string): BuildOptions {
  const first = outfile.includes('lam');
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    minify: true,
    keepNames: !first,
    legalComments: 'none',
    external: OPTIONAL,
    define: { LAM_VERSION: JSON.stringify(version), 'import.meta.url': 'LAM_META_URL' },
    ...(first ? {} : { banner: { js: BANNER } }),
    plugins: [packageJson(root)],
    logLevel: 'warning',
  };
}

/** Dependencies read their own package.json by a computed path; nothing of it matters to lam but that it is there. */
function packageJson(root: string): Plugin {
  return {
    name: 'package-json',
    setup(build) {
      build.onResolve({ filter: /^lam:root$/ }, () => ({ path: root, external: true }));
    },
  };
}
