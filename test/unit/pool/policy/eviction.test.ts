import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  chooseEvictions,
  greedyDualPriority,
  isRetiredExpired,
  RETIRED_KEEP_MS,
  type Evictable,
} from '../../../../src/pool/policy/index.ts';

const EXPIRY: readonly [string, { idleSince: number; retiredSince: number | undefined }, number, boolean][] = [
  ['is kept while its version has a pointer', { idleSince: 0, retiredSince: undefined }, 1e9, false],
  ['is kept for a quick rollback', { idleSince: 1000, retiredSince: 500 }, 1000 + RETIRED_KEEP_MS - 1, false],
  ['expires soon', { idleSince: 1000, retiredSince: 500 }, 1000 + RETIRED_KEEP_MS, true],
  [
    'counts from its retirement when that came later',
    { idleSince: 1000, retiredSince: 5000 },
    1000 + RETIRED_KEEP_MS,
    false,
  ],
];

describe('an idle sandbox of a retired version', () => {
  for (const [title, sandbox, now, expired] of EXPIRY)
    test(title, () => assert.equal(isRetiredExpired(sandbox, now), expired));
});

describe('greedyDualPriority', () => {
  test('is the clock plus the cost saved per MiB', () =>
    assert.equal(greedyDualPriority(10, { frequency: 4, coldMs: 300, memoryMiB: 100 }), 22));
  test('does not divide by 0', () => assert.equal(greedyDualPriority(1, { frequency: 2, coldMs: 3, memoryMiB: 0 }), 7));
});

interface Named extends Evictable {
  readonly name: string;
}

function named(name: string, priority: number, memoryMiB = 100, retiredSince?: number): Named {
  return { name, priority, memoryMiB, retiredSince };
}

const EVICTIONS: readonly [string, readonly Named[], number, readonly string[], number][] = [
  ['ends none when nothing is missing', [named('a', 1)], 0, [], 7],
  ['ends the one worth least', [named('dear', 90), named('cheap', 10)], 100, ['cheap'], 10],
  ['ends only as many as needed', [named('c', 30), named('b', 20), named('a', 10)], 150, ['a', 'b'], 20],
  ['ends the first given of equals', [named('old', 8), named('young', 8)], 1, ['old'], 8],
  [
    'ends retired ones first, whose worth moves no clock',
    [named('cheap', 10), named('retired', 90, 100, 5)],
    100,
    ['retired'],
    7,
  ],
  ['never turns the clock back', [named('a', 3)], 100, ['a'], 7],
  ['ends none when all together are not enough', [named('a', 10)], 200, [], 7],
  ['ends none when there are none', [], 1, [], 7],
];

describe('chooseEvictions', () => {
  for (const [title, idle, missingMiB, names, clock] of EVICTIONS) {
    test(title, () => {
      const chosen = chooseEvictions(idle, missingMiB, 7);
      assert.deepEqual({ names: chosen.evicted.map((s) => s.name), clock: chosen.clock }, { names, clock });
    });
  }
});
