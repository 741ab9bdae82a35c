import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { eachLimited, together } from '../../../src/kit/index.ts';

describe('eachLimited', () => {
  test('runs the work on every item, at most the limit at a time', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await eachLimited(Array.from({ length: 10 }).keys(), 3, async (item) => {
      most = Math.max(most, ++running);
      await turn();
      running--;
      done.push(item);
    });
    assert.deepEqual([most, done], [3, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  test('starts nothing after a failure, and rejects when running work has ended', async () => {
    const begun: string[] = [];
    const slow = Promise.withResolvers<void>();
    const work = eachLimited(['fails', 'slow', 'never'], 2, async (item) => {
      begun.push(item);
      if (item === 'fails') throw new RangeError('as asked');
      await slow.promise;
    });
    let settled = false;
    const rejection = assert.rejects(work, RangeError).finally(() => (settled = true));
    await turn();
    assert.equal(settled, false);
    slow.resolve();
    await rejection;
    assert.deepEqual(begun, ['fails', 'slow']);
  });
});

test('together rejects with the first failure once all have ended', async () => {
  const slow = Promise.withResolvers<void>();
  let ended = false;
  const all = together([Promise.reject(new RangeError('as asked')), slow.promise.then(() => void (ended = true))]);
  await turn();
  slow.resolve();
  await assert.rejects(all, RangeError);
  assert.equal(ended, true);
});
