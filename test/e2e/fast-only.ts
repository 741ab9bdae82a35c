import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/cli/fast/main.ts';
import type { Installation } from '../../src/cli/installation.ts';

/** Runs a command by the fast path alone; exits with 99 if it would load the full program. */
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};
const handedOver = (): never => process.exit(99);

const installation: Installation = {
  kind: 'npm',
  version,
  build: () => undefined,
  daemonCommand: [],
  nodeCommand: () => [],
  assets: handedOver,
  templates: handedOver,
  esbuild: handedOver,
  loadApp: handedOver,
  loadDaemon: handedOver,
};

process.exit(await main(process.argv.slice(2), installation));
