import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExportFault } from './handler.ts';
import { foreignPrefix } from './prefix.ts';

const DEFAULT_HANDLER = 'lambda_function.lambda_handler';

/** Python 3 from PATH. */
export const python3: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^python(?:3(?:\.(\d+))?)?$/.exec(identifier);
    if (match === null) return undefined;
    return { version: match[1] === undefined ? undefined : `3.${match[1]}` };
  },
  identifiers: ['python3', 'python3.11', 'python3.12'],
  handler: {
    default: DEFAULT_HANDLER,
    file: (handler) => handler.slice(0, Math.max(0, handler.lastIndexOf('.'))).replaceAll('.', '/'),
    fault: (handler) => fileAndExportFault(handler, DEFAULT_HANDLER),
  },
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: {
      kind: 'on-path',
      title: 'Python',
      programs: (version) => (version === undefined ? ['python3'] : [`python${version}`, 'python3']),
      ask: ['-I', '-S', '-c', 'import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])'],
      oldest: '3.8',
      inImage: 'python3',
      folders: foreignPrefix,
    },
    client: 'bootstrap-python3',
    // Reads no settings of the host and writes nothing beside the code.
    arguments: ({ client }) => ['-I', '-S', '-B', '-X', 'utf8', `${client}/main.py`],
  },
  // Which Python is found depends on the version.
  stems: 'per-version',
  isManaged: true,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
