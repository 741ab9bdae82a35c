import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Leftovers } from '../../../../src/driver/docker/container/leftovers.ts';
import type { Removal } from '../../../../src/driver/docker/container/docker-sandbox.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** An engine that answers removals as set, and records them. */
function made(answer: (reference: string) => Removal | Promise<Removal>): {
  clock: VirtualClock;
  leftovers: Leftovers;
  asked: string[];
} {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const leftovers = new Leftovers(clock, async (reference) => {
    asked.push(reference);
    return answer(reference);
  });
  return { clock, leftovers, asked };
}

describe('leftover containers', () => {
  test('are removed again every second until the engine confirms it', async () => {
    let answer: Removal = 'unconfirmed';
    const { clock, leftovers, asked } = made(() => answer);
    leftovers.add('a');
    await clock.advance(3000);
    assert.equal(asked.length, 3);
    answer = 'removed';
    await clock.advance(10_000);
    assert.equal(asked.length, 4);
    assert.equal(clock.pending, 0);
  });

  test('that are just being removed are not removed a second time by the end, which waits for that', async () => {
    // An engine refuses a second removal while the first goes on.
    const removal = Promise.withResolvers<Removal>();
    const { clock, leftovers, asked } = made(() => removal.promise);
    leftovers.add('a');
    await clock.advance(1000);
    const closed = leftovers.close();
    assert.deepEqual(asked, ['a']);
    removal.resolve('removed');
    await closed;
    assert.deepEqual(asked, ['a']);
  });

  test('are forgotten when the engine reports them missing', async () => {
    const { clock, leftovers, asked } = made(() => 'missing');
    leftovers.add('a');
    await clock.advance(10_000);
    assert.deepEqual(asked, ['a']);
  });

  test('that may have been created are looked for until an answering engine has had time to create them', async () => {
    let answer: Removal = 'unconfirmed';
    const { clock, leftovers, asked } = made(() => answer);
    leftovers.addPossible('a');
    await clock.advance(60_000);
    answer = 'missing';
    await clock.advance(10_000);
    assert.equal(asked.length, 70);
    answer = 'removed';
    await clock.advance(10_000);
    assert.equal(asked.length, 71);
  });

  test('that were never created are forgotten eventually', async () => {
    const { clock, leftovers } = made(() => 'missing');
    leftovers.addPossible('a');
    await clock.advance(30_000);
    assert.equal(clock.pending, 0);
  });

  test('are removed by one request at a time, also when others are added meanwhile', async () => {
    const slow = Promise.withResolvers<Removal>();
    const { clock, leftovers, asked } = made((reference) => (reference === 'a' ? slow.promise : 'removed'));
    leftovers.add('a');
    await clock.advance(5000);
    leftovers.add('b');
    await clock.advance(5000);
    assert.deepEqual(asked, ['a']);
    slow.resolve('removed');
    await clock.advance(5000);
    assert.deepEqual(asked, ['a', 'b']);
  });

  test('are removed a last time when the driver closes, and not after that', async () => {
    const { clock, leftovers, asked } = made(() => 'unconfirmed');
    leftovers.add('a');
    await leftovers.close();
    leftovers.add('b');
    await clock.advance(10_000);
    assert.deepEqual(asked, ['a']);
  });
});
