import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.ts';

/** 5.5 MB. */
const LARGE_BYTES = 5_500_000;

export const echo: Behaviour = {
  title: 'returns JSON as it got it',
  async run(place) {
    const value = {
      text: 'plain',
      none: null,
      yes: true,
      list: [1, -2.5, [], {}],
      deep: { a: { b: ['c'] } },
      empty: '',
    };
    assert.deepEqual(await place.result('main', { do: 'echo', value }), value);
  },
};

export const unicode: Behaviour = {
  title: 'keeps text of any script',
  async run(place) {
    const value = 'grün 漢字 🎈 "quoted" back\\slash \n\t é̀ \u2028';
    assert.equal(await place.result('main', { do: 'echo', value }), value);
  },
};

export const emptyBody: Behaviour = {
  title: 'sees an empty object where the call has no body',
  async run(place) {
    assert.deepEqual(await place.result('main', ''), {});
  },
};

export const largeAnswer: Behaviour = {
  title: 'answers with 5.5 MB',
  async run(place) {
    const { body, functionError, tail } = await place.call('main', { do: 'size', bytes: LARGE_BYTES });
    assert.equal(functionError, undefined, `${body.slice(0, 2000)}\n${tail}`);
    assert.ok(body.trimEnd() === `"${'x'.repeat(LARGE_BYTES)}"`, `${body.length} bytes: ${body.slice(0, 80)}`);
  },
};

export const largeEvent: Behaviour = {
  title: 'takes an event of 5.5 MB',
  async run(place) {
    assert.equal(await place.result('main', { do: 'length', value: 'y'.repeat(LARGE_BYTES) }), LARGE_BYTES);
  },
};

export const streaming: Behaviour = {
  title: 'streams its answer over HTTP while it makes it',
  uses: ['streaming'],
  async run(place) {
    const everyMs = 400;
    const { status, pieces } = await place.streamed('streaming', {
      do: 'stream',
      chunks: ['one ', 'two ', 'three'],
      everyMs,
    });
    assert.deepEqual([status, pieces.map(({ text }) => text).join('')], [200, 'one two three']);
    const [first, last] = [pieces[0], pieces.at(-1)];
    // Together they would come when the last is made.
    assert.ok((last?.ms ?? 0) - (first?.ms ?? 0) > everyMs, JSON.stringify(pieces));
  },
};

export const binary: Behaviour = {
  title: 'answers with bytes over HTTP',
  async run(place) {
    const answer = await place.request('main', { do: 'binary' });
    assert.equal(answer.status, 200, answer.body.toString('latin1'));
    assert.equal(answer.headers['content-type'], 'application/octet-stream');
    assert.deepEqual(
      [...answer.body],
      Array.from({ length: 256 }, (_, byte) => byte),
    );
  },
};
