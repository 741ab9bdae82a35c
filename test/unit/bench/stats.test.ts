import { equal, deepEqual, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bootstrapInterval, median, quantile, ratios } from '../../../bench/stats.ts';
import { interleave } from '../../../bench/rounds.ts';

describe('statistics of the bench', () => {
  test('the median is the middle sample, or the mean of the two middle ones', () => {
    equal(median([9, 1, 5]), 5);
    equal(median([4, 1, 3, 2]), 2.5);
    ok(Number.isNaN(median([])));
  });

  test('a quantile lies between the closest ranks', () => {
    equal(quantile([10, 20, 30, 40, 50], 0), 10);
    equal(quantile([10, 20, 30, 40, 50], 1), 50);
    equal(quantile([10, 20, 30, 40, 50], 0.9), 46);
  });

  test('the interval contains the median, is deterministic, and narrows with more samples', () => {
    const few = [1, 2, 3, 4, 5, 6, 7];
    const many = Array.from({ length: 40 }, () => few).flat();
    const [low, high] = bootstrapInterval(few);
    ok(low < 4 && high > 4);
    deepEqual(bootstrapInterval(few), [low, high]);
    const [manyLow, manyHigh] = bootstrapInterval(many);
    ok(manyHigh - manyLow < high - low);
    deepEqual(bootstrapInterval([3]), [3, 3]);
  });

  test('the interval of a high quantile lies above that of the median', () => {
    const samples = Array.from({ length: 100 }, (_, i) => i);
    ok(bootstrapInterval(samples, 0.99)[0] > bootstrapInterval(samples, 0.5)[1]);
  });

  test('ratios compare round with round', () => {
    deepEqual(ratios([10, 30], [5, 10]), [2, 3]);
  });

  test('every side begins as many rounds as the others, and warm-up rounds are thrown away', async () => {
    const order: string[] = [];
    const side = (name: string) => ({ name, take: () => Promise.resolve(order.push(name)) });
    const samples = await interleave([side('a'), side('b'), side('c')], { rounds: 3, warmUp: 1 });
    equal(order.join(''), 'abcbcacababc');
    deepEqual(samples.get('a'), [6, 8, 10]);
  });
});
