import { programOf, wordsOf } from './command-line.ts';
import type { RuntimeDescriptor } from './descriptor.ts';

const DEFAULT_HANDLER = 'main';

/** Any program: the event on stdin, the result on stdout, one process per invocation. */
export const stdio: RuntimeDescriptor = {
  parse: (identifier) => (identifier === 'stdio' ? { version: undefined } : undefined),
  identifiers: ['stdio'],
  awsIdentifiers: [],
  handler: {
    default: DEFAULT_HANDLER,
    file: programOf,
    fault(handler) {
      const words = wordsOf(handler);
      if (words === undefined) return 'has a quote that is not closed';
      const isInside = words[0] !== undefined && words[0] !== '' && !words[0].split('/').includes('..');
      return isInside ? undefined : "must read 'program arguments', for instance './main --verbose'";
    },
  },
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: { kind: 'lam-node', title: 'Node', asked: () => 'stdio', inImage: null },
    client: 'bootstrap-stdio.cjs',
    arguments: ({ client }) => [client],
  },
  toolchains: [],
  stems: 'all-versions',
  isManaged: false,
  // The launcher only copies bytes; a small heap leaves the memory to the programs.
  environment: () => ({ NODE_OPTIONS: '--max-old-space-size=64' }),
  defaultTemplate: 'hello',
};
