import { programOf } from './command-line.ts';
import { stdio } from './stdio.ts';
import type { RuntimeDescriptor } from './descriptor.ts';

const DEFAULT_HANDLER = 'main.wasm';

/** A WASI command (preview 1): the event on stdin, the result on stdout, one instance per invocation. */
export const wasm: RuntimeDescriptor = {
  ...stdio,
  parse: (identifier) => (/^(?:wasm|wasip1)$/.test(identifier) ? { version: undefined } : undefined),
  identifiers: ['wasm'],
  handler: {
    default: DEFAULT_HANDLER,
    file: programOf,
    fault(handler) {
      return programOf(handler).endsWith('.wasm') && stdio.handler.fault(handler) === undefined
        ? undefined
        : "must read 'file.wasm arguments', for instance 'main.wasm'";
    },
  },
  entry: {
    kind: 'interpreter',
    interpreter: { kind: 'lam-node', title: 'Node', asked: () => 'wasm', inImage: null },
    client: 'bootstrap-wasm.cjs',
    arguments: ({ client }) => [client],
  },
  defaultTemplate: 'hello',
};
