import { equal, deepEqual, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { holds, judge, shareOfGate, withoutFigure, type Measure } from '../../../bench/measure.ts';

const ratio: Measure = {
  id: 'm',
  title: 'a measure',
  unit: 'ms',
  basis: { kind: 'ratio' },
  floorName: 'the floor',
  gate: { sense: '<=', value: 2, aim: 1.5 },
};
const most: Measure = {
  ...ratio,
  basis: { kind: 'absolute', quantile: 1 },
  floorName: null,
  gate: { sense: '<=', value: 0, aim: 0 },
};

describe('judging a measure', () => {
  test('a ratio is the median of the quotients of rounds, not the quotient of medians', () => {
    const outcome = judge('row', ratio, { lam: [10, 40, 90], floor: [10, 10, 30] });
    equal(outcome.figure, 3);
    equal(outcome.verdict, 'missed');
    equal(outcome.lam, 40);
    equal(outcome.floor, 10);
    equal(outcome.rounds, 3);
  });

  test('an allowance is taken from the samples of lam, not from those of the floor', () => {
    const allowing: Measure = { ...ratio, basis: { kind: 'ratio', allowance: 5 } };
    const outcome = judge('row', allowing, { lam: [25, 25, 3], floor: [10, 10, 10] });
    equal(outcome.figure, 2);
    equal(outcome.lam, 25);
    equal(judge('row', allowing, { lam: [3], floor: [10] }).figure, 0);
  });

  test('a figure equal to its gate passes, on both sides', () => {
    equal(judge('row', ratio, { lam: [20], floor: [10] }).verdict, 'holds');
    ok(holds(5, { sense: '>=', value: 5 }));
    ok(!holds(4.9, { sense: '>=', value: 5 }));
  });

  test('slack widens a gate in its own direction', () => {
    ok(holds(3, { sense: '<=', value: 2 }, 1.5));
    ok(!holds(3.1, { sense: '<=', value: 2 }, 1.5));
    ok(holds(2, { sense: '>=', value: 3 }, 1.5));
    ok(!holds(1.9, { sense: '>=', value: 3 }, 1.5));
  });

  test('an absolute measure takes the quantile it names', () => {
    const outcome = judge('row', most, { lam: [0, 0, 1] });
    equal(outcome.figure, 1);
    equal(outcome.verdict, 'missed');
  });

  test('a measure without samples fails', () => {
    const outcome = judge('row', ratio, { lam: [], floor: [] });
    equal(outcome.verdict, 'failed');
    equal(outcome.figure, null);
    equal(judge('row', ratio, { lam: [1] }).verdict, 'failed');
  });

  test('others of the same rounds are compared with the floor', () => {
    const { beside } = judge('row', ratio, { lam: [10], floor: [10], beside: { peer: [50] } });
    deepEqual(beside, [{ name: 'peer', value: 50, ratio: 5 }]);
  });

  test('a measure that was not run has a reason', () => {
    const outcome = withoutFigure('row', ratio, 'not run', 'no engine');
    deepEqual([outcome.verdict, outcome.why, outcome.figure], ['not run', 'no engine', null]);
  });

  test('the share of a gate is 1 at the gate, less if it passes', () => {
    equal(shareOfGate(2, { sense: '<=', value: 2 }), 1);
    equal(shareOfGate(1, { sense: '<=', value: 2 }), 0.5);
    equal(shareOfGate(10, { sense: '>=', value: 5 }), 0.5);
    equal(shareOfGate(0, { sense: '<=', value: 0 }), 0);
    equal(shareOfGate(1, { sense: '<=', value: 0 }), Number.POSITIVE_INFINITY);
  });
});
