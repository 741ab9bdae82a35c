import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { main } from '../fast/main.ts';
import { BUILD_DIGEST, LOG_WORKER, QUEUE_WORKER } from '../asset-names.ts';
import type { AppModule, DaemonModule, Installation } from '../installation.ts';

/** Set by the build. */
declare const LAM_VERSION: string;

/** `dist/`: this file is bundled to `dist/lam.cjs`. */
const dist = __dirname;
const root = dirname(dist);
const load = createRequire(__filename);

const assets = join(dist, 'assets');

const installation: Installation = {
  kind: 'npm',
  version: LAM_VERSION,
  build: () => buildDigest(),
  daemonCommand: [process.execPath, join(root, 'bin', 'run.js'), '__daemon'],
  nodeCommand: () => [process.execPath],
  assets: () => ({
    folder: assets,
    logWorker: join(assets, LOG_WORKER),
    queueWorker: join(assets, QUEUE_WORKER),
  }),
  templates: () => join(root, 'templates'),
  esbuild: () => esbuildProgram(),
  loadApp: () => load('./app.cjs') as AppModule,
  loadDaemon: () => load('./daemon.cjs') as DaemonModule,
};

/** What the build wrote beside this file; undefined while another build is under way. */
function buildDigest(): string | undefined {
  try {
    return readFileSync(join(dist, BUILD_DIGEST), 'utf8');
  } catch {
    return undefined;
  }
}

/** Path of esbuild's program for this machine; the bare name if npm has not installed one. */
function esbuildProgram(): string {
  const folder = `@esbuild/${process.platform}-${process.arch}`;
  for (const base of load.resolve.paths(folder) ?? []) {
    const found = join(base, folder, 'bin', 'esbuild');
    if (existsSync(found)) return found;
  }
  return 'esbuild';
}

// All output is written synchronously, so exiting at once loses nothing.
void main(process.argv.slice(2), installation).then((exit) => process.exit(exit));
