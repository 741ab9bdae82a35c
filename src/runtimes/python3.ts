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
  identifiers: ['python3', 'python3.11', 'python3.12', 'python3.13', 'python3.14'],
  awsIdentifiers: [
    ...['python3.6', 'python3.7', 'python3.8', 'python3.9', 'python3.10'],
    ...['python3.11', 'python3.12', 'python3.13', 'python3.14'],
  ],
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
      parts: {
        ask: [
          '-I',
          '-S',
          '-c',
          'import sysconfig; p = sysconfig.get_paths(); print(p["stdlib"]); print(p["platstdlib"])',
        ],
        folders: (printed) => printed.split('\n').filter((line) => line.startsWith('/')),
        leaveOut: [
          ...['test', 'tests', 'idlelib', 'tkinter', 'turtledemo', 'ensurepip', 'lib2to3', 'pydoc_data', '__pycache__'],
          ...['site-packages', 'dist-packages', 'distutils', 'config-*'],
        ],
      },
      folders: foreignPrefix,
      supply: { debian: 'python3', site: 'https://www.python.org/downloads/' },
    },
    client: 'bootstrap-python3',
    compile: (client) => ['-I', '-S', '-m', 'compileall', '-q', client],
    // Reads no settings of the host and writes nothing beside the code.
    arguments: ({ client }) => ['-I', '-S', '-B', '-X', 'utf8', `${client}/main.py`],
  },
  toolchains: [
    {
      title: 'pip',
      program: 'python3',
      ask: ['-m', 'pip', '--version'],
      wantedFor: 'functions with a requirements.txt',
      supply: { debian: 'python3-pip', site: 'https://pip.pypa.io/en/stable/installation/' },
    },
  ],
  // Which Python is found depends on the version.
  stems: 'per-version',
  isManaged: true,
  // The client also looks in `lib/pythonX.Y/site-packages` below.
  layerPaths: () => ({ PYTHONPATH: ['python'] }),
  publishedImage: (version = '3') => `python:${version}-slim`,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
