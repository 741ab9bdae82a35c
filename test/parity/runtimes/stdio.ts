import type { ParityRuntime } from './parity-runtime.ts';
import { PER_INVOCATION } from './per-invocation.ts';
import { withoutProgram } from './programs.ts';

/** A program in Python on stdio; it prints its log on stderr. */
export const stdio: ParityRuntime = {
  name: 'stdio',
  title: '`stdio`',
  settings: { runtime: 'stdio' },
  missing: withoutProgram('python3'),
  errors: {
    type: 'Runtime.ExitError',
    trace: null,
    initType: 'Runtime.ExitError',
    unserialisableType: 'none',
  },
  differs: PER_INVOCATION,
};
