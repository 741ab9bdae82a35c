import { goVariables } from './caches.ts';
import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

/** With AWS's client `aws-lambda-go`, which has no init errors: a program that panics before it asks for events exits. */
export const go: ParityRuntime = {
  name: 'go',
  title: 'Go',
  settings: { runtime: 'go' },
  missing: withoutProgram('go'),
  variables: goVariables,
  errors: {
    type: 'errorString',
    trace: null,
    initType: 'Runtime.ExitError',
    unserialisableType: 'UnsupportedTypeError',
  },
  differs: {},
};
