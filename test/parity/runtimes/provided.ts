import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

/** A hand-written client of the Runtime API. */
export const provided: ParityRuntime = {
  name: 'provided',
  title: '`provided`',
  settings: { runtime: 'provided' },
  missing: withoutProgram('python3'),
  errors: {
    type: 'Parity.Asked',
    trace: 'stackTrace',
    initType: 'Parity.Asked',
    unserialisableType: 'Runtime.MarshalError',
  },
  differs: {},
};
