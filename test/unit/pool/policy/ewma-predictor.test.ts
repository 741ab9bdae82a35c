import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EwmaPredictor } from '../../../../src/pool/policy/ewma-predictor.ts';

describe('the adaptive moving average', () => {
  test('returns one sandbox before the first tick and without calls', () => {
    const predictor = new EwmaPredictor();
    assert.equal(predictor.expected, 0);
    assert.equal(predictor.tick(0), 1);
    assert.equal(predictor.tick(0), 1);
  });

  test('begins with the first count', () => {
    const predictor = new EwmaPredictor();
    assert.equal(predictor.tick(57), 11);
    assert.equal(predictor.expected, 57);
  });

  test('moves by a fifth without deviation and almost fully with a large one', () => {
    const calm = new EwmaPredictor();
    calm.tick(99);
    calm.tick(109);
    // Surprise 10 / 100, weight 0.28.
    assert.ok(Math.abs(calm.expected - (99 + 0.28 * 10)) < 1e-9);
    const sudden = new EwmaPredictor();
    sudden.tick(0);
    assert.equal(sudden.tick(100), 19);
    // Surprise 100, weight bounded by 0.95.
    assert.ok(Math.abs(sudden.expected - 95) < 1e-9);
  });

  test('falls as fast as it rises: the deviation is relative', () => {
    const predictor = new EwmaPredictor();
    predictor.tick(99);
    // Surprise 99 / 100, weight 0.992, bounded.
    assert.equal(predictor.tick(0), 1);
    assert.ok(Math.abs(predictor.expected - 0.05 * 99) < 1e-9);
  });
});
