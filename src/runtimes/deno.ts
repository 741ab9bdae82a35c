import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExport } from './handler.ts';
import { foreignFolder } from './prefix.ts';

/** Memory of a Deno process besides its heap (MiB): the total use of the smallest function. */
const BASE_MIB = 64;
const SMALLEST_HEAP_MIB = 32;

/** JavaScript and TypeScript on Deno, from PATH. */
export const deno: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^deno(\d+(?:\.\d+)?)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['deno'],
  awsIdentifiers: [],
  handler: fileAndExport('index.handler'),
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: {
      kind: 'on-path',
      title: 'Deno',
      programs: () => ['deno'],
      ask: ['eval', 'console.log(Deno.execPath()); console.log(Deno.version.deno)'],
      oldest: '2.0',
      inImage: 'deno',
      folders: foreignFolder,
      supply: { debian: null, site: 'https://deno.com' },
    },
    client: 'bootstrap-deno.cjs',
    // The sandbox is what limits the code. Its folder of caches ends with it, so that compiled code is not kept there.
    arguments: ({ client }) => [
      ...['run', '--allow-all', '--quiet', '--no-config', '--no-lock', '--no-code-cache', '--node-modules-dir=manual'],
      client,
    ],
  },
  toolchains: [],
  stems: 'per-version',
  isManaged: false,
  publishedImage: (version) => `denoland/deno:${version ?? 'latest'}`,
  environment: (memoryMiB) => ({
    DENO_V8_FLAGS: `--max-old-space-size=${Math.max(SMALLEST_HEAP_MIB, memoryMiB - BASE_MIB)}`,
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
  }),
  defaultTemplate: 'hello',
};
