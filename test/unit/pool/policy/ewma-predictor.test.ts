import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EwmaPredictor } from '../../../../src/pool/policy/ewma-predictor.ts';

describe('the moving average with a weight of its own', () => {
  test('wants one before the first tick and for no calls at all', () => {
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

  test('moves by a fifth when nothing surprises, and by nearly all when all does', () => {
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

  test('falls as it rises: surprise is relative to what was', () => {
    const predictor = new EwmaPredictor();
    predictor.tick(99);
    // Surprise 99 / 100, weight 0.992, bounded.
    assert.equal(predictor.tick(0), 1);
    assert.ok(Math.abs(predictor.expected - 0.05 * 99) < 1e-9);
  });
});
