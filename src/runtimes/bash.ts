import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExportFault } from './handler.ts';
import { foreignPrefix } from './prefix.ts';

const DEFAULT_HANDLER = 'handler.handle';

/** A function of a shell script in bash, with lam's client on the Runtime API. */
export const bash: RuntimeDescriptor = {
  parse: (identifier) => (identifier === 'bash' ? { version: undefined } : undefined),
  identifiers: ['bash'],
  awsIdentifiers: [],
  handler: {
    default: DEFAULT_HANDLER,
    file(handler) {
      const dot = handler.indexOf('.', handler.lastIndexOf('/') + 1);
      return dot === -1 ? handler : handler.slice(0, dot);
    },
    fault: (handler) => fileAndExportFault(handler, DEFAULT_HANDLER),
  },
  protocol: 'runtime-api',
  entry: {
    kind: 'interpreter',
    interpreter: {
      kind: 'on-path',
      title: 'bash',
      programs: () => ['bash'],
      ask: ['-c', 'printf "%s\\n%s.%s.%s\\n" "$BASH" "${BASH_VERSINFO[@]:0:3}"'],
      oldest: '4.4',
      inImage: 'bash',
      folders: foreignPrefix,
      supply: { debian: 'bash', site: 'https://www.gnu.org/software/bash/' },
    },
    client: 'bootstrap-bash.sh',
    arguments: ({ client, taskRoot }) => [client, taskRoot],
  },
  toolchains: [],
  stems: 'all-versions',
  isManaged: false,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
