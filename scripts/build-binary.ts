import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { bundleScript } from '../src/cli/binary/evaluate.ts';
import { buildAssets } from './build-assets.ts';
import { buildBundles, buildWholeDaemon } from './build-bundles.ts';
import { writeBuildDigest } from './build-digest.ts';

/**
 * `npm run build:binary`: makes `dist/lam`, a single executable: the running Node with lam's entry as its main script and
 * everything else as assets (docs/decisions/0006).
 */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const run = promisify(execFile);

/** A file that the binary unpacks when needed. */
interface Carried {
  readonly path: string;
  readonly source: string;
  readonly executable: boolean;
}

async function filesUnder(folder: string, prefix: string): Promise<readonly Carried[]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const all = names.map(async (entry): Promise<Carried> => {
    const source = join(entry.parentPath, entry.name);
    return {
      path: `${prefix}/${relative(folder, source)}`,
      source,
      executable: ((await stat(source)).mode & 0o100) !== 0,
    };
  });
  return (await Promise.all(all)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function esbuildProgram(): string {
  const manifest = createRequire(import.meta.url).resolve(`@esbuild/${process.platform}-${process.arch}/package.json`);
  return join(dirname(manifest), 'bin', 'esbuild');
}

async function hashOf(files: readonly Carried[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, source, executable } of files)
    hash.update(`${path} ${executable}\n`).update(await readFile(source));
  return hash.digest('hex').slice(0, 16);
}

/** V8's code cache of a bundle, taken after its top level ran, so that it has the functions that every start needs. */
async function compiled(name: string, file: string): Promise<Buffer> {
  const script = bundleScript(name, await readFile(file, 'utf8'));
  const module = { exports: {} };
  (script.runInThisContext() as (...parts: unknown[]) => void)(
    module.exports,
    createRequire(process.execPath),
    module,
    process.execPath,
    dirname(process.execPath),
  );
  return script.createCachedData();
}

await mkdir(dist, { recursive: true });
await Promise.all([buildBundles(root, dist), buildAssets(dist)]);
await writeBuildDigest(dist);
const work = await mkdtemp(join(dist, 'binary-'));
try {
  const carried = [
    ...(await filesUnder(join(dist, 'assets'), 'assets')),
    ...(await filesUnder(join(root, 'templates'), 'templates')),
    { path: 'esbuild', source: esbuildProgram(), executable: true },
  ];
  const assets: Record<string, string> = Object.fromEntries(carried.map(({ path, source }) => [path, source]));
  await buildWholeDaemon(root, join(work, 'daemon.cjs'));
  const bundles = { app: join(dist, 'app.cjs'), daemon: join(work, 'daemon.cjs') };
  for (const [name, file] of Object.entries(bundles)) {
    assets[`${name}.cjs`] = file;
    assets[`${name}.cache`] = join(work, `${name}.cache`);
    await writeFile(join(work, `${name}.cache`), await compiled(name, file));
  }
  assets['index.json'] = join(work, 'index.json');
  const files = carried.map(({ path, executable }) => ({ path, executable }));
  await writeFile(assets['index.json'], JSON.stringify({ hash: await hashOf(carried), files }));
  const output = join(work, 'lam');
  const config = {
    main: join(dist, 'lam-binary.cjs'),
    executable: await realpath(process.execPath),
    output,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets,
  };
  await writeFile(join(work, 'sea.json'), JSON.stringify(config));
  await run(process.execPath, ['--build-sea', join(work, 'sea.json')]);
  await chmod(output, 0o755);
  // Atomic, so that a running lam keeps its old file.
  await rename(output, join(dist, 'lam'));
} finally {
  await rm(work, { recursive: true, force: true });
}
