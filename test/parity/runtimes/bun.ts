import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

export const bun: ParityRuntime = {
  name: 'bun',
  title: 'Bun',
  settings: { runtime: 'bun', handler: 'index.handler' },
  missing: withoutProgram('bun'),
  streamingHandler: 'index.streaming',
  errors: {
    type: 'RangeError',
    trace: 'trace',
    initType: 'RangeError',
    unserialisableType: 'Runtime.MarshalError',
  },
  differs: {},
};
