import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExport } from './handler.ts';
import { foreignFolder } from './prefix.ts';

/** JavaScript and TypeScript on Bun, from PATH. */
export const bun: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^bun(\d+(?:\.\d+)?)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['bun'],
  awsIdentifiers: [],
  handler: fileAndExport('index.handler'),
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: {
      kind: 'on-path',
      title: 'Bun',
      programs: () => ['bun'],
      ask: ['--eval', 'console.log(process.execPath); console.log(process.versions.bun)'],
      oldest: '1.2',
      inImage: 'bun',
      folders: foreignFolder,
      supply: { debian: null, site: 'https://bun.sh' },
    },
    client: 'bootstrap-bun.cjs',
    // Installs nothing that code imports, and reads no settings of a folder that is not the function's.
    arguments: ({ client }) => ['--no-install', '--no-env-file', client],
  },
  toolchains: [],
  stems: 'per-version',
  isManaged: false,
  publishedImage: (version = '1') => `oven/bun:${version}-slim`,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
