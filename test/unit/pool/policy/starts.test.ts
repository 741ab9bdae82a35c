import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pipelineDepth, Quickness, startsWanted, type Demand } from '../../../../src/pool/policy/index.ts';

const CALM: Demand = {
  waiting: 1,
  oldestWaitMs: 0,
  busy: 0,
  starting: 0,
  serviceMs: undefined,
  coldMs: 50,
  headroom: 64,
  bootSlots: 2,
  cores: 2,
  concurrency: 1,
  stemReady: 0,
  stemMs: 5,
};

const STARTS: readonly [string, Partial<Demand>, number][] = [
  ['one for the first request of a function', {}, 1],
  ['none without a queue', { waiting: 0 }, 0],
  ['none for a request that has a start already', { waiting: 1, starting: 1 }, 0],
  ['as many as can boot before the first measurement', { waiting: 10 }, 2],
  ["no more than the function's own limit leaves", { waiting: 10, headroom: 1, bootSlots: 8 }, 1],
  ['none at the limit', { waiting: 10, busy: 64, headroom: 0 }, 0],
  ['none without a boot slot', { waiting: 10, bootSlots: 0 }, 0],
  ['none below 0 boot slots, after the limit was lowered', { waiting: 10, bootSlots: -1, headroom: -3 }, 0],
  ['none with idle cores, when the queue is short work', { waiting: 1, busy: 1, serviceMs: 0.1 }, 0],
  ['another with idle cores, when the queue is longer work', { waiting: 10, busy: 1, serviceMs: 1 }, 1],
  ['none for short work when all cores are busy', { waiting: 4, busy: 2, serviceMs: 1 }, 0],
  [
    'some for long work, though the cores have something to do',
    { waiting: 4, busy: 2, serviceMs: 100, bootSlots: 8 },
    4,
  ],
  ['as many as make the wait as short as a boot', { waiting: 4, busy: 2, serviceMs: 50, bootSlots: 8 }, 2],
  [
    'one when the oldest has waited longer than a boot takes',
    { waiting: 4, busy: 2, serviceMs: 1, oldestWaitMs: 51 },
    1,
  ],
  [
    'none when the oldest has waited as long as a boot takes',
    { waiting: 4, busy: 2, serviceMs: 1, oldestWaitMs: 50 },
    0,
  ],
  [
    'none when it has, but so many run for each core that it has to wait longer',
    { waiting: 4, busy: 8, serviceMs: 1, oldestWaitMs: 200 },
    0,
  ],
  ['one when it has waited longer than that', { waiting: 4, busy: 8, serviceMs: 1, oldestWaitMs: 201 }, 1],
  ['no division by a boot that took no time', { waiting: 4, busy: 2, serviceMs: 1, coldMs: 0, bootSlots: 8 }, 2],
  ['one for as many requests as fit in a sandbox', { waiting: 10, concurrency: 10 }, 1],
  ['one more for those that do not fit', { waiting: 11, concurrency: 10 }, 2],
  ['none while starting sandboxes will serve all', { waiting: 20, concurrency: 10, starting: 2 }, 0],
  [
    'a sandbox that runs many at once works off a queue so much faster',
    { waiting: 8, busy: 2, serviceMs: 50, concurrency: 4 },
    0,
  ],
  ['stems need no boot slot', { waiting: 3, bootSlots: 0, stemReady: 2 }, 2],
  ['stems beside boots', { waiting: 10, bootSlots: 2, stemReady: 2 }, 4],
  ['stems, also below 0 boot slots', { waiting: 10, bootSlots: -1, stemReady: 2 }, 2],
  ['a stem where a boot would not pay', { waiting: 1, busy: 2, serviceMs: 30, stemReady: 1 }, 1],
  [
    'no boot beyond the stems where only they pay',
    { waiting: 6, busy: 2, serviceMs: 15, stemReady: 1, bootSlots: 8 },
    1,
  ],
  ['both where both pay', { waiting: 6, busy: 2, serviceMs: 100, stemReady: 1, bootSlots: 8 }, 6],
  [
    'one of the stems when the oldest has waited longer than that takes',
    { waiting: 4, busy: 2, serviceMs: 1, oldestWaitMs: 6, stemReady: 1 },
    1,
  ],
];

describe('startsWanted', () => {
  for (const [title, change, wanted] of STARTS)
    test(title, () => assert.equal(startsWanted({ ...CALM, ...change }), wanted));
});

/** Statistics of a version after these durations (ms); `recall`: one was recalled. */
function after(...took: readonly (number | 'recall')[]): Quickness {
  const quickness = new Quickness();
  for (const ms of took)
    if (ms === 'recall') quickness.recalled();
    else quickness.served(ms);
  return quickness;
}

const times = (count: number, ms: number): readonly number[] => Array.from({ length: count }, () => ms);

const DEPTHS: readonly [string, Quickness, number][] = [
  ['is 1 before the first measurement', after(), 1],
  ['makes the last one wait two milliseconds', after(...times(20, 0.5)), 5],
  ['is bounded, however quick they are', after(...times(20, 0)), 32],
  ['is 1 when each takes longer than they may wait', after(...times(20, 3)), 1],
  ['is 1 when they are slow', after(...times(20, 100)), 1],
  ['stays above 1 after a single slow one among many', after(...times(100, 0.1), 400, ...times(9, 0.1)), 11],
  ['is 1 when some percent are slow', after(...times(100, 0.1), ...times(5, 8), ...times(40, 0.1)), 1],
  ['is 1 after a recall', after(...times(100, 0.1), 'recall', ...times(100, 0.1)), 1],
  ['grows again when the recall is long ago', after(...times(100, 0.1), 'recall', ...times(200, 0.1)), 21],
];

describe('pipelineDepth', () => {
  for (const [title, quickness, depth] of DEPTHS) test(title, () => assert.equal(pipelineDepth(quickness), depth));
});
