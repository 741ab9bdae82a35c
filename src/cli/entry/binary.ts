import { getAsset, getRawAsset } from 'node:sea';
import { join } from 'node:path';
import { main } from '../fast/main.ts';
import { LOG_WORKER, QUEUE_WORKER } from '../asset-names.ts';
import type { AppModule, DaemonModule, Installation } from '../installation.ts';
import { allowModules, evaluateBundle, runProgram } from '../binary/evaluate.ts';
import { unpack, type UnpackIndex } from '../binary/unpack.ts';

/** Set by the build. */
declare const LAM_VERSION: string;

/** First argument with which the binary acts as Node and runs the program that follows. */
const RUN_NODE = '__bootstrap-nodejs';

const bytes = (key: string): Uint8Array => new Uint8Array(getRawAsset(key));

/** Evaluates a bundle of the binary, with the code cache that the build made. */
function bundle<T>(name: string): T {
  return evaluateBundle(name, getAsset(`${name}.cjs`, 'utf8'), bytes(`${name}.cache`)) as T;
}

const unpacked = (home: string, path: string): string => {
  const index = JSON.parse(getAsset('index.json', 'utf8')) as UnpackIndex;
  return join(unpack(home, index, bytes), path);
};

const installation: Installation = {
  kind: 'binary',
  version: LAM_VERSION,
  build: () => undefined,
  daemonCommand: [process.execPath, '__daemon'],
  nodeCommand: () => [process.execPath, RUN_NODE],
  assets: (home) => ({
    folder: unpacked(home, 'assets'),
    logWorker: unpacked(home, `assets/${LOG_WORKER}`),
    queueWorker: unpacked(home, `assets/${QUEUE_WORKER}`),
  }),
  templates: (home) => unpacked(home, 'templates'),
  esbuild: (home) => unpacked(home, 'esbuild'),
  loadApp: () => bundle<AppModule>('app'),
  loadDaemon: () => bundle<DaemonModule>('daemon'),
};

const [word, program = ''] = process.argv.slice(2);
if (word === RUN_NODE) {
  allowModules();
  // As under `node`: the program, then its arguments.
  process.argv.splice(1, 3, program);
  runProgram(program);
} else {
  // All output is written synchronously, so exiting at once loses nothing.
  void main(process.argv.slice(2), installation).then((exit) => process.exit(exit));
}
