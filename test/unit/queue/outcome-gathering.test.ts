import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../src/kit/index.ts';
import { OutcomeGathering } from '../../../src/queue/embedded/outcome-gathering.ts';

function gatheringAt(): {
  readonly time: { now: number };
  readonly of: OutcomeGathering;
  readonly flushed: Promise<void>;
} {
  const time = { now: 1000 };
  const clock: Clock = {
    now: () => time.now,
    monotonic: () => time.now,
    after: () => () => undefined,
    every: () => () => undefined,
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  return { time, of: new OutcomeGathering(clock, resolve), flushed: promise };
}

test('outcomes wait for others only while many come', async () => {
  const { time, of, flushed } = gatheringAt();
  of.count();
  assert.equal(of.waits(1), false, 'a single one');
  for (let n = 0; n < 20; n++, time.now++) of.count();
  assert.equal(of.waits(1), true, 'two thousand a second');
  await flushed;
  assert.equal(of.waits(256), false, 'enough of them');
  assert.equal(of.waits(0), false, 'none');
  time.now += 1000;
  of.count();
  assert.equal(of.waits(1), false, 'after a pause');
});
