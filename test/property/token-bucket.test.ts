import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket, type Rate } from '../../src/limits/token-bucket.ts';

const rate: fc.Arbitrary<Rate> = fc.record({
  perSecond: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.001, max: 1000, noNaN: true })),
  burst: fc.integer({ min: 1, max: 200 }),
});
/** Steps of time (ms). */
const steps = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { maxLength: 300 });

describe('a token bucket', () => {
  test('admits exactly its burst at one instant, whenever that is', () =>
    fc.assert(
      fc.property(rate, fc.double({ min: 0, max: 1e9, noNaN: true }), (given, now) => {
        const bucket = new TokenBucket(given, now);
        const admitted = Array.from({ length: given.burst + 64 }, () => bucket.take(now)).filter((wait) => wait === 0);
        assert.equal(admitted.length, given.burst);
      }),
    ));

  test('admits in no span of time more than its burst and what it gained', () =>
    fc.assert(
      fc.property(rate, steps, (given, gaps) => {
        const bucket = new TokenBucket(given, 0);
        const times: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (bucket.take(now) === 0) times.push(now);
        }
        for (let from = 0; from < times.length; from++)
          for (let to = from; to < times.length; to++) {
            const spanMs = (times[to] as number) - (times[from] as number);
            assert.ok(to - from + 1 <= given.burst + (spanMs * given.perSecond) / 1000 + 1e-3);
          }
      }),
    ));

  test('refuses for exactly as long as it says', () =>
    fc.assert(
      fc.property(rate, steps, (given, gaps) => {
        const bucket = new TokenBucket(given, 0);
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const wait = bucket.take(now);
          if (wait === 0) continue;
          assert.ok(bucket.take(now + wait * 0.999) > 0);
          now += wait;
          assert.equal(bucket.take(now), 0);
        }
      }),
    ));

  test('is not locked by a clock that is set back, and gains as before', () =>
    fc.assert(
      fc.property(rate, fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 1e9 }), (given, before, back) => {
        const bucket = new TokenBucket(given, before);
        for (let n = 0; n < given.burst; n++) bucket.take(before);
        const now = before - back;
        const wait = bucket.take(now);
        assert.ok(wait > 0 && wait <= 1000 / given.perSecond + 1e-6);
        assert.equal(bucket.take(now + wait), 0);
      }),
    ));

  test('never has more than the burst of a changed rate, nor gains from the change', () =>
    fc.assert(
      fc.property(rate, rate, fc.nat(300), (first, second, taken) => {
        const bucket = new TokenBucket(first, 0);
        for (let n = 0; n < taken; n++) bucket.take(0);
        const left = Math.max(0, first.burst - taken);
        bucket.change(second, 0);
        const admitted = Array.from({ length: 500 }, () => bucket.take(0)).filter((wait) => wait === 0);
        assert.equal(admitted.length, Math.min(left, second.burst));
      }),
    ));
});
