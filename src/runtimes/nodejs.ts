import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExportFault } from './handler.ts';

/** Memory of a Node process besides its heap (MiB): the total use of the smallest function. */
const BASE_MIB = 48;
const SMALLEST_HEAP_MIB = 32;
const DEFAULT_HANDLER = 'index.handler';

/** JavaScript and TypeScript on the Node that runs lam. */
export const nodejs: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^node(?:js)?(\d+)?(?:\.x)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['nodejs', 'nodejs22.x', 'nodejs24.x'],
  handler: {
    default: DEFAULT_HANDLER,
    file(handler) {
      const dot = handler.indexOf('.', handler.lastIndexOf('/') + 1);
      return dot === -1 ? handler : handler.slice(0, dot);
    },
    fault: (handler) => fileAndExportFault(handler, DEFAULT_HANDLER),
  },
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: { kind: 'lam-node', title: 'Node', asked: (version) => `nodejs${version}.x`, inImage: 'node' },
    client: 'bootstrap-nodejs.cjs',
    arguments: ({ client }) => [client],
  },
  stems: 'all-versions',
  isManaged: true,
  // A variable, not a flag: the single binary is its own Node and accepts no flags.
  environment: (memoryMiB) => ({
    NODE_OPTIONS: `--max-old-space-size=${Math.max(SMALLEST_HEAP_MIB, memoryMiB - BASE_MIB)}`,
  }),
  defaultTemplate: 'hello',
};
