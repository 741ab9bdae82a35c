import assert from 'node:assert/strict';
import type { FunctionDetail } from '../../../src/contract/index.ts';
import type { ParityPlace } from '../place.ts';
import type { Behaviour } from './behaviour.ts';

const CALLS = 8;
const SLEEP_MS = 700;

export const warmState: Behaviour = {
  title: 'keeps its state from call to call, also after an error',
  async run(place) {
    const first = Number(await place.result('main', { do: 'count' }));
    assert.equal(await place.result('main', { do: 'count' }), first + 1);
    await place.error('main', { do: 'fail', message: 'between' });
    assert.equal(await place.result('main', { do: 'count' }), first + 2);
  },
};

export const apart: Behaviour = {
  title: 'shares no state with another function of the same code',
  uses: ['twin'],
  async run(place) {
    const before = Number(await place.result('main', { do: 'count' }));
    assert.equal(await place.result('twin', { do: 'count' }), 1);
    assert.equal(await place.result('main', { do: 'count' }), before + 1);
  },
};

/** Eight calls at the same time in one sandbox, each with its own answer. */
export async function eightAtOnce(place: ParityPlace): Promise<void> {
  await place.result('many', { do: 'count' });
  const began = performance.now();
  const asleep = Array.from({ length: CALLS }, () => place.result('many', { do: 'sleep', ms: SLEEP_MS }));
  assert.deepEqual(
    await Promise.all(asleep),
    Array.from({ length: CALLS }, () => 'slept'),
  );
  const ms = performance.now() - began;
  // One after the other they take eight times as long as one.
  assert.ok(ms < (CALLS * SLEEP_MS) / 2, `${ms} ms`);
  const numbers = Array.from({ length: CALLS }, (_, i) => i);
  const echoes = numbers.map((value) => place.result('many', { do: 'echo', value }));
  assert.deepEqual(await Promise.all(echoes), numbers);
  const { sandboxes } = await place.session.json<FunctionDetail>(['describe', 'many']);
  assert.deepEqual(sandboxes, { idle: 1, busy: 0, starting: 0 });
}

export const concurrency: Behaviour = {
  title: 'handles eight calls at the same time in one process',
  uses: ['many'],
  async run(place) {
    const before = Number(await place.result('many', { do: 'count' }));
    await eightAtOnce(place);
    // One more by `eightAtOnce`.
    assert.equal(await place.result('many', { do: 'count' }), before + 2);
  },
};
