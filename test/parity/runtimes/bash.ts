import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

/** With lam's client in bash; functions print their log on stderr. */
export const bash: ParityRuntime = {
  name: 'bash',
  title: 'bash',
  settings: { runtime: 'bash' },
  missing: withoutProgram('bash'),
  errors: {
    type: 'Handler.Failed',
    trace: null,
    initType: 'Runtime.ExitError',
    unserialisableType: 'none',
  },
  differs: {
    streaming: { note: 'Its answer is what it printed until its end, so it is sent then.' },
    concurrency: { note: 'Its client takes one event at a time.' },
    unserialisable: { note: 'What a function prints is its result, as it is.' },
  },
};
