import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Lane } from '../../../src/background/lane.ts';
import { systemClock, type Clock } from '../../../src/kit/index.ts';
import { asFunctionName } from '../../support/ids.ts';

const NAME = asFunctionName('f');

describe('the lane of a function', () => {
  test('wakes when its pause ends between two readings of the clock', () => {
    const readings = [0, 0, 0, 99, 99];
    let timer: (() => void) | undefined;
    const clock: Clock = {
      ...systemClock,
      now: () => readings.shift() ?? 100,
      after: (_ms, run) => {
        timer = run;
        return () => (timer = undefined);
      },
    };
    let wakes = 0;
    const lane = new Lane<string>(NAME, clock, () => wakes++);
    assert.equal(lane.pause(0, 100), 100);
    assert.deepEqual(readings, [99, 99], 'the pause is set');
    timer?.();
    assert.deepEqual([wakes, lane.isReady], [1, true]);
  });

  test('leases no more ahead than its rate admits, and one at least', () => {
    const lane = new Lane<string>(NAME, systemClock, () => undefined);
    lane.isReady = true;
    assert.equal(lane.wanted(64), 16, 'while its run time is unknown');
    lane.ran(1);
    assert.equal(lane.wanted(64), 512);
    assert.equal(lane.wanted(64, 3), 3);
    assert.equal(lane.wanted(64, 0), 1);
  });
});
