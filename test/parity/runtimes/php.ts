import assert from 'node:assert/strict';
import type { ParityRuntime } from './parity-runtime.ts';
import { withoutProgram } from './programs.ts';

export const php: ParityRuntime = {
  name: 'php',
  title: 'PHP',
  settings: { runtime: 'php', handler: 'index.handler' },
  missing: withoutProgram('php'),
  streamingHandler: 'index.streaming',
  errors: {
    type: 'DomainException',
    trace: 'stackTrace',
    initType: 'DomainException',
    unserialisableType: 'Runtime.MarshalError',
  },
  differs: {
    echo: {
      note: 'JSON objects are arrays: an empty one cannot be told from an empty list.',
      async instead(place) {
        const value = {
          text: 'plain',
          none: null,
          yes: true,
          list: [1, -2.5, []],
          deep: { a: { b: ['c'] } },
          empty: '',
        };
        assert.deepEqual(await place.result('main', { do: 'echo', value }), value);
        assert.deepEqual(await place.result('main', { do: 'echo', value: {} }), []);
      },
    },
    emptyBody: {
      note: 'It sees an empty array, which is what an empty object is in PHP.',
      instead: async (place) => assert.deepEqual(await place.result('main', ''), []),
    },
    concurrency: {
      note: 'A process handles one call at a time; a deploy with `concurrency` says so.',
      async instead(place) {
        const numbers = Array.from({ length: 8 }, (_, i) => i);
        const sleeps = numbers.map(() => place.result('many', { do: 'sleep', ms: 100 }));
        assert.deepEqual(
          await Promise.all(sleeps),
          numbers.map(() => 'slept'),
        );
      },
    },
  },
};
