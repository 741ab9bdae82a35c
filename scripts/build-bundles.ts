import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { CHECK_MADE_AHEAD } from './project-validator.ts';

/** The bundles by file name. `light`: entry code that must load in a millisecond. */
const BUNDLES = {
  'lam.cjs': { entry: 'src/cli/entry/npm.ts', light: true },
  'lam-binary.cjs': { entry: 'src/cli/entry/binary.ts', light: true },
  'app.cjs': { entry: 'src/cli/app.ts', light: false },
  // Of users: `import { LamClient } from 'lam'`.
  'client.cjs': { entry: 'src/client/public.ts', light: true },
  'daemon.cjs': { entry: 'src/daemon/main.ts', light: false },
  'dockerode.cjs': { entry: 'node_modules/dockerode/lib/docker.js', light: false },
  'amqplib.cjs': { entry: 'node_modules/amqplib/channel_api.js', light: false },
  'client-sqs.cjs': { entry: 'node_modules/@aws-sdk/client-sqs/dist-cjs/index.js', light: false },
  'jose.cjs': { entry: 'node_modules/jose/dist/webapi/index.js', light: false },
  'prom-client.cjs': { entry: 'node_modules/prom-client/index.js', light: false },
  'pg.cjs': { entry: 'node_modules/pg/lib/index.js', light: false },
  'ioredis.cjs': { entry: 'node_modules/ioredis/built/index.js', light: false },
  'mqtt.cjs': { entry: 'node_modules/mqtt/build/index.js', light: false },
  'nats.cjs': { entry: 'scripts/bundled/nats.mjs', light: false },
  'kafka.cjs': { entry: 'node_modules/@platformatic/kafka/dist/index.js', light: false },
  'assets/log-worker.cjs': { entry: 'src/logs/worker.ts', light: true },
  'assets/queue-worker.cjs': { entry: 'src/queue/embedded/worker.ts', light: true },
} as const;

/** Optional imports of dependencies: native add-ons, sockets of another platform, and the compiler that oclif uses for plugins in development. */
const OPTIONAL = ['cpu-features', '*.node', 'typescript', 'pg-native', 'pg-cloudflare'];

/** Stands for `import.meta.url` of ES modules in a CommonJS bundle: the file of the bundle. */
const BANNER = "const LAM_META_URL = require('node:url').pathToFileURL(__filename).href;";

/**
 * Packages of the daemon that are bundled into a file of their own, because few daemons use them and V8 parses a file
 * before it runs any of it.
 */
const APART: Readonly<Record<string, keyof typeof BUNDLES>> = {
  dockerode: 'dockerode.cjs',
  amqplib: 'amqplib.cjs',
  ioredis: 'ioredis.cjs',
  jose: 'jose.cjs',
  'prom-client': 'prom-client.cjs',
  pg: 'pg.cjs',
  '@aws-sdk/client-sqs': 'client-sqs.cjs',
  mqtt: 'mqtt.cjs',
  '@platformatic/kafka': 'kafka.cjs',
  '@nats-io/transport-node': 'nats.cjs',
  '@nats-io/jetstream': 'nats.cjs',
};

const APART_PLUGIN: Plugin = {
  name: 'packages-apart',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(${Object.keys(APART).join('|')})$`) }, ({ path }) => ({
      path: `./${APART[path]}`,
      external: true,
    }));
  },
};

/** The build of this package that contains its WebAssembly, which the other reads from a file. */
const ALIASES = { '@platformatic/wasm-utils': './node_modules/@platformatic/wasm-utils/dist/bundled.js' };

/**
 * Bundles lam into `outDir` as CommonJS for Node 22 and newer. Dynamically imported modules are evaluated when first
 * imported.
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
    // Errors of the client that nobody catches are printed by Node with the line that threw them.
    minify: !bundle.file.endsWith('client.cjs'),
    // Names of classes are printed in errors and help.
    keepNames: !bundle.light,
    legalComments: 'none',
    external: OPTIONAL,
    alias: ALIASES,
    define: {
      LAM_VERSION: JSON.stringify(bundle.version),
      ...(bundle.light ? {} : { 'import.meta.url': 'LAM_META_URL' }),
    },
    ...(bundle.light ? {} : { banner: { js: BANNER } }),
    plugins: bundle.file.endsWith('daemon.cjs') ? [APART_PLUGIN] : [CHECK_MADE_AHEAD],
    logLevel: 'warning',
  };
}

/** Bundles the daemon into one file for the single binary, which cannot load a second one. */
export async function buildWholeDaemon(root: string, file: string): Promise<void> {
  await build({
    ...options(root, { entry: BUNDLES['daemon.cjs'].entry, file, light: false, version: await versionOf(root) }),
    plugins: [],
  });
}

async function versionOf(root: string): Promise<string> {
  return (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}
