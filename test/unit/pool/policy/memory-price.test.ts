import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryPrice } from '../../../../src/pool/policy/memory-price.ts';

function after(...samples: readonly (readonly [now: number, usedMiB: number])[]): number {
  const price = new MemoryPrice();
  for (const [now, usedMiB] of samples) price.sample(now, usedMiB, 1000);
  return price.value;
}

describe('the price of memory', () => {
  test('is used memory divided by free memory', () => {
    assert.equal(after([0, 500]), 1);
    assert.equal(after([0, 750]), 3);
  });
  test('is clamped to 0.4 to 10', () => {
    assert.equal(after(), 0.4);
    assert.equal(after([0, 0]), 0.4);
    assert.equal(after([0, 1000]), 10);
    assert.equal(after([0, 5000]), 10);
  });
  test('follows use with a time constant of five minutes', () => {
    // The average is 500 + 250 (1 - 1/e) after five minutes: 658 of 1000.
    const value = after([0, 500], [300_000, 750]);
    assert.ok(Math.abs(value - 658.03 / 341.97) < 0.001, String(value));
  });
  test('changes only by a quarter or more, and returns whether it did', () => {
    const price = new MemoryPrice();
    assert.equal(price.sample(0, 500, 1000), true);
    assert.equal(price.sample(1e9, 550, 1000), false);
    assert.equal(price.value, 1);
    assert.equal(price.sample(2e9, 560, 1000), true);
    assert.ok(Math.abs(price.value - 560 / 440) < 1e-9);
  });
  test('does not change while the clock stands still', () => assert.equal(after([1000, 500], [1000, 990]), 1));
});
