import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExport } from './handler.ts';

/** Memory of a Node process besides its heap (MiB): the total use of the smallest function. */
const BASE_MIB = 48;
const SMALLEST_HEAP_MIB = 32;
/** JavaScript and TypeScript on the Node that runs lam. */
export const nodejs: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^node(?:js)?(\d+)?(?:\.x)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['nodejs', 'nodejs22.x', 'nodejs24.x', 'nodejs26.x'],
  awsIdentifiers: [
    ...['nodejs10.x', 'nodejs12.x', 'nodejs14.x', 'nodejs16.x', 'nodejs18.x'],
    ...['nodejs20.x', 'nodejs22.x', 'nodejs24.x'],
  ],
  handler: fileAndExport('index.handler'),
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: { kind: 'lam-node', title: 'Node', asked: (version) => `nodejs${version}.x`, inImage: 'node' },
    client: 'bootstrap-nodejs.cjs',
    arguments: ({ client }) => [client],
  },
  toolchains: [
    {
      title: 'npm',
      program: 'npm',
      ask: ['--version'],
      wantedFor: 'functions with dependencies in package.json',
      supply: { debian: 'npm', site: 'https://nodejs.org/en/download' },
    },
  ],
  stems: 'all-versions',
  isManaged: true,
  layerPaths: (version) => ({
    NODE_PATH: [...(version === undefined ? [] : [`nodejs/node${version}/node_modules`]), 'nodejs/node_modules'],
  }),
  publishedImage: (version) => `node:${version ?? 'lts'}-slim`,
  // A variable, not a flag: the single binary is its own Node and accepts no flags.
  environment: (memoryMiB) => ({
    NODE_OPTIONS: `--max-old-space-size=${Math.max(SMALLEST_HEAP_MIB, memoryMiB - BASE_MIB)}`,
  }),
  defaultTemplate: 'hello',
};
