import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Panic } from '../../../../src/pool/policy/panic.ts';

/** Samples by the second, from `from` on. */
function feed(panic: Panic, from: number, counts: readonly number[]): void {
  for (const [at, busy] of counts.entries()) panic.sample(from + at * 1000, busy);
}

describe('how many to keep after a burst', () => {
  test('none before the first sample', () => assert.equal(new Panic().keepBeyondOne(0), 0));

  test('none beyond the first for one at a time', () => {
    const panic = new Panic();
    feed(panic, 0, Array<number>(120).fill(1));
    assert.deepEqual([panic.isPanic(119_000), panic.keepBeyondOne(119_000)], [false, 0]);
  });

  test('its peak, for a minute after it', () => {
    const panic = new Panic();
    panic.sample(0, 20);
    assert.deepEqual([panic.isPanic(0), panic.keepBeyondOne(59_999)], [true, 19]);
    assert.deepEqual([panic.isPanic(60_000), panic.keepBeyondOne(60_000)], [false, 0]);
  });

  test('no fewer during a panic', () => {
    const panic = new Panic();
    feed(panic, 0, [20, ...Array<number>(30).fill(1)]);
    assert.equal(panic.keepBeyondOne(30_000), 19);
  });

  test('more when the burst grows', () => {
    const panic = new Panic();
    panic.sample(0, 5);
    panic.sample(2000, 12);
    assert.equal(panic.keepBeyondOne(3000), 11);
  });

  test('the mean of the peaks of the last minute under steady load', () => {
    const panic = new Panic();
    feed(panic, 0, Array<number>(200).fill(8));
    // The start was a burst; its panic ended when eight had become the mean, a minute after half of that.
    assert.deepEqual([panic.isPanic(199_000), panic.keepBeyondOne(199_000)], [false, 7]);
    // Half of the buckets are empty after half a minute.
    assert.equal(panic.keepBeyondOne(229_000), 3);
    assert.equal(panic.keepBeyondOne(262_000), 0);
  });

  test('no panic below twice the mean', () => {
    const panic = new Panic();
    feed(panic, 0, Array<number>(200).fill(8));
    panic.sample(200_000, 14);
    assert.equal(panic.isPanic(200_000), false);
    panic.sample(201_000, 18);
    assert.equal(panic.isPanic(201_000), true);
    assert.equal(panic.keepBeyondOne(201_000), 17);
  });

  test('a time that goes back counts as the latest', () => {
    const panic = new Panic();
    panic.sample(100_000, 4);
    panic.sample(10_000, 6);
    assert.equal(panic.keepBeyondOne(100_000), 5);
  });
});
