import assert from 'node:assert/strict';
import { NO_MAVEN } from '../../support/maven.ts';
import type { ParityRuntime } from './parity-runtime.ts';

/** AWS's own client for Java. */
export const java: ParityRuntime = {
  name: 'java',
  title: 'Java',
  settings: { runtime: 'java', handler: 'parity.Parity::handle' },
  missing: () => Promise.resolve(NO_MAVEN === false ? undefined : NO_MAVEN),
  errors: {
    type: 'java.lang.IllegalArgumentException',
    trace: 'stackTrace',
    initType: 'java.lang.IllegalStateException',
    unserialisableType: 'java.lang.RuntimeException',
  },
  differs: {
    echo: {
      note: "AWS's client for Java leaves out members that are null.",
      async instead(place) {
        const value = { text: 'plain', list: [1, -2.5, [], {}, null], deep: { a: { b: ['c'] } }, empty: '' };
        assert.deepEqual(await place.result('main', { do: 'echo', value: { ...value, none: null } }), value);
      },
    },
    streaming: { note: "AWS's client for Java returns whole answers only." },
    outOfMemory: {
      note: "Java's heap ends below the memory limit, so that a function gets its own `java.lang.OutOfMemoryError`, and its process ends after that answer.",
      async instead(place) {
        const { errorType } = await place.error('main', { do: 'oom' });
        assert.equal(errorType, 'java.lang.OutOfMemoryError');
        assert.equal(await place.result('main', { do: 'count' }), 1);
      },
    },
  },
};
