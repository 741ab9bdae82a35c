import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  chooseEvictions,
  isExpired,
  pipelineDepth,
  RECALLED_MS,
  RETIRED_KEEP_MS,
  startsWanted,
  type Demand,
  type IdleSandbox,
} from '../../../src/pool/policy.ts';

const CALM: Demand = {
  waiting: 1,
  oldestWaitMs: 0,
  busy: 0,
  starting: 0,
  serviceMs: undefined,
  coldMs: 50,
  room: 64,
  bootRoom: 2,
  cores: 2,
};

const STARTS: readonly [string, Partial<Demand>, number][] = [
  ['one for the first request of a function', {}, 1],
  ['none when nobody waits', { waiting: 0 }, 0],
  ['none for a request that a start is coming for', { waiting: 1, starting: 1 }, 0],
  ['as many as can boot while nothing is known of the function', { waiting: 10 }, 2],
  ["no more than the function's own limit leaves", { waiting: 10, room: 1, bootRoom: 8 }, 1],
  ['none at the limit', { waiting: 10, busy: 64, room: 0 }, 0],
  ['none when all places to boot are taken', { waiting: 10, bootRoom: 0 }, 0],
  ['none when more boot than may, after the limit was lowered', { waiting: 10, bootRoom: -1, room: -3 }, 0],
  ['none while cores are free, when the queue is served in a moment', { waiting: 1, busy: 1, serviceMs: 0.1 }, 0],
  ['another while cores are free, when the queue takes longer', { waiting: 10, busy: 1, serviceMs: 1 }, 1],
  ['none for short work once the cores have something to do', { waiting: 4, busy: 2, serviceMs: 1 }, 0],
  ['some for long work, though the cores have something to do', { waiting: 4, busy: 2, serviceMs: 100, bootRoom: 8 }, 4],
  ['as many as make the wait as short as a boot', { waiting: 4, busy: 2, serviceMs: 50, bootRoom: 8 }, 2],
  ['one when the oldest has waited longer than a boot takes', { waiting: 4, busy: 2, serviceMs: 1, oldestWaitMs: 51 }, 1],
  ['none when the oldest has waited as long as a boot takes', { waiting: 4, busy: 2, serviceMs: 1, oldestWaitMs: 50 }, 0],
  ['no division by a boot that took no time', { waiting: 4, busy: 2, serviceMs: 1, coldMs: 0, bootRoom: 8 }, 2],
];

describe('startsWanted', () => {
  for (const [title, change, wanted] of STARTS) test(title, () => assert.equal(startsWanted({ ...CALM, ...change }), wanted));
});

const IDLE: IdleSandbox = { idleSince: 1000, idleTimeoutMs: 600_000, retiredSince: undefined, memoryMiB: 128 };

const EXPIRY: readonly [string, Partial<IdleSandbox>, number, boolean][] = [
  ['is kept just before its time-out', {}, 600_999, false],
  ['expires at its time-out', {}, 601_000, true],
  ['expires at once with a time-out of 0', { idleTimeoutMs: 0 }, 1000, true],
  ['of a retired version is kept for a quick rollback', { retiredSince: 500 }, 1000 + RETIRED_KEEP_MS - 1, false],
  ['of a retired version expires sooner', { retiredSince: 500 }, 1000 + RETIRED_KEEP_MS, true],
  ['counts from its retirement when that came later', { retiredSince: 5000 }, 1000 + RETIRED_KEEP_MS, false],
  ['of a retired version still obeys a shorter time-out of its own', { retiredSince: 500, idleTimeoutMs: 10 }, 1010, true],
];

describe('an idle sandbox', () => {
  for (const [title, change, now, expired] of EXPIRY) test(title, () => assert.equal(isExpired({ ...IDLE, ...change }, now), expired));
});

interface Named extends IdleSandbox {
  readonly name: string;
}

function named(name: string, idleSince: number, memoryMiB = 100, retiredSince?: number): Named {
  return { name, idleSince, idleTimeoutMs: 1, memoryMiB, retiredSince };
}

const EVICTIONS: readonly [string, readonly Named[], { used: number; needed: number; budget: number }, readonly string[] | undefined][] = [
  ['ends none when there is room', [named('a', 1)], { used: 100, needed: 100, budget: 200 }, []],
  ['ends the longest idle', [named('young', 9), named('old', 1)], { used: 200, needed: 100, budget: 200 }, ['old']],
  ['ends only as many as needed', [named('c', 3), named('b', 2), named('a', 1)], { used: 300, needed: 150, budget: 300 }, ['a', 'b']],
  ['ends retired ones first', [named('old', 1), named('retired', 9, 100, 5)], { used: 200, needed: 100, budget: 200 }, ['retired']],
  ['says that all of them would not do', [named('a', 1)], { used: 300, needed: 200, budget: 300 }, undefined],
  ['says so too when there are none', [], { used: 300, needed: 1, budget: 300 }, undefined],
];

describe('chooseEvictions', () => {
  for (const [title, idle, { used, needed, budget }, ended] of EVICTIONS) {
    test(title, () =>
      assert.deepEqual(
        chooseEvictions(idle, used, needed, budget)?.map((s) => s.name),
        ended,
      ),
    );
  }
});

const DEPTHS: readonly [string, number | undefined, number, number][] = [
  ['is one before anything is known', undefined, 0, 1],
  ['is as many as keep the last one waiting two milliseconds', 0.5, 1, 5],
  ['has an end, however quick they are', 0, 0, 16],
  ['is one when each takes longer than they may wait', 3, 4, 1],
  ['is one when a recent one was slow', 0.1, 5.1, 1],
  ['is one after a recall', 0.1, RECALLED_MS, 1],
];

describe('how many a sandbox may hold at once', () => {
  for (const [title, serviceMs, slowestMs, depth] of DEPTHS) test(title, () => assert.equal(pipelineDepth(serviceMs, slowestMs), depth));
});
