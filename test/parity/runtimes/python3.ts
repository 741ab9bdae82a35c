import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

export const python3: ParityRuntime = {
  name: 'python3',
  title: 'Python',
  settings: { runtime: 'python3' },
  missing: withoutProgram('python3'),
  errors: {
    type: 'ValueError',
    trace: 'stackTrace',
    initType: 'ValueError',
    unserialisableType: 'Runtime.MarshalError',
  },
  differs: {},
};
