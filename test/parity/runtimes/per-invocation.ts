import assert from 'node:assert/strict';
import { eightAtOnce } from '../behaviours/sharing.ts';
import type { ParityRuntime } from './parity-runtime.ts';

/** How runtimes differ whose program ends with each invocation. */
export const PER_INVOCATION: ParityRuntime['differs'] = {
  streaming: { note: 'Its answer is what it printed until its end, so it is sent then.' },
  warmState: {
    note: 'One process for each invocation: nothing is kept in memory.',
    async instead(place) {
      for (let i = 0; i < 3; i += 1) assert.equal(await place.result('main', { do: 'count' }), 1);
    },
  },
  apart: {
    note: 'One process for each invocation: nothing is kept in memory.',
    async instead(place) {
      for (const name of ['main', 'twin', 'main'] as const) assert.equal(await place.result(name, { do: 'count' }), 1);
    },
  },
  concurrency: {
    note: 'Eight processes in one sandbox handle eight calls at the same time.',
    instead: eightAtOnce,
  },
  unserialisable: {
    note: 'Output that is no JSON is a result: a JSON string.',
    async instead(place) {
      assert.equal(await place.result('main', { do: 'unserialisable' }), '{no JSON');
    },
  },
};
