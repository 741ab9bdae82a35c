import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

export const deno: ParityRuntime = {
  name: 'deno',
  title: 'Deno',
  settings: { runtime: 'deno', handler: 'index.handler' },
  missing: withoutProgram('deno'),
  streamingHandler: 'index.streaming',
  errors: {
    type: 'RangeError',
    trace: 'trace',
    initType: 'RangeError',
    unserialisableType: 'Runtime.MarshalError',
  },
  differs: {},
};
