import type { ParityRuntime } from './parity-runtime.ts';

export const nodejs: ParityRuntime = {
  name: 'nodejs',
  title: 'Node.js',
  settings: { runtime: 'nodejs' },
  // The Node that runs lam.
  missing: () => Promise.resolve(undefined),
  streamingHandler: 'index.streaming',
  errors: {
    type: 'RangeError',
    trace: 'trace',
    initType: 'RangeError',
    unserialisableType: 'Runtime.MarshalError',
  },
  differs: {},
};
