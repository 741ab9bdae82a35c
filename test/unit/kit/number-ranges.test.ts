import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberRanges } from '../../../src/kit/number-ranges.ts';

test('numbers in words are ranges, the highest of them if there are many', () => {
  assert.equal(numberRanges([3, 1, 2, 7, 9, 10], 'v'), 'v1 to v3, v7, v9, v10');
  assert.equal(
    numberRanges(
      Array.from({ length: 20 }, (_, n) => 2 * n + 1),
      'v',
    ).split(', ').length,
    9,
  );
  assert.match(
    numberRanges(
      Array.from({ length: 20 }, (_, n) => 2 * n + 1),
      'v',
    ),
    /^\.\.\., v25, .* v39$/,
  );
});
