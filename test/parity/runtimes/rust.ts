import assert from 'node:assert/strict';
import { cargoVariables } from '../../support/cargo.ts';
import { answersAnew } from '../behaviours/failures.ts';
import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

/** With AWS's client `lambda_runtime`. */
export const rust: ParityRuntime = {
  name: 'rust',
  title: 'Rust',
  settings: { runtime: 'rust' },
  missing: withoutProgram('cargo'),
  variables: () => Promise.resolve(cargoVariables()),
  errors: {
    type: /Error/,
    trace: null,
    initType: 'Runtime.ExitError',
    unserialisableType: 'Runtime.ExitError',
  },
  differs: {
    unserialisable: {
      note: 'Its client ends the process if a result cannot be turned into JSON; the next call is answered by another one.',
      async instead(place) {
        const { errorType } = await place.error('main', { do: 'unserialisable' });
        assert.equal(errorType, 'Runtime.ExitError');
        await answersAnew(place, 'main');
      },
    },
  },
};
