import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stemsWanted, type StemKind, type StemMachine } from '../../../../src/pool/policy/index.ts';

const NOW = 100_000_000;
const USED: StemKind = { lastUsedAt: NOW - 1000, acquiredAt: [], memoryMiB: 128, failures: 0, failedAt: 0 };
const MACHINE: StemMachine = { now: NOW, usedMiB: 0, budgetMiB: 8192 };

const WANTED: readonly [string, readonly Partial<StemKind>[], Partial<StemMachine>, readonly number[]][] = [
  ['none for no kind', [], {}, []],
  ['one for each kind in use', [{}, {}], {}, [1, 1]],
  ['one until a day after the last use', [{ lastUsedAt: NOW - 86_399_999 }], {}, [1]],
  ['none after that', [{ lastUsedAt: NOW - 86_400_000 }], {}, [0]],
  ['as many as a burst took', [{ acquiredAt: [NOW - 900, NOW - 800, NOW - 700] }], {}, [3]],
  ['never more than four', [{ acquiredAt: Array.from({ length: 16 }, () => NOW - 500) }], {}, [4]],
  [
    'one where they are taken one by one',
    [{ acquiredAt: [NOW - 45_000, NOW - 30_000, NOW - 15_000, NOW - 1] }],
    {},
    [1],
  ],
  [
    'as many as the largest burst of the last minute',
    [{ acquiredAt: [NOW - 59_000, NOW - 59_000, NOW - 58_000, NOW - 1] }],
    {},
    [3],
  ],
  [
    'one when the burst is more than a minute ago',
    [{ acquiredAt: [NOW - 60_002, NOW - 60_001, NOW - 60_000] }],
    {},
    [1],
  ],
  ['none during the back-off after a failure', [{ failures: 1, failedAt: NOW - 999 }], {}, [0]],
  ['one after the back-off', [{ failures: 1, failedAt: NOW - 1000, acquiredAt: [NOW, NOW, NOW] }], {}, [1]],
  ['a longer back-off after more failures', [{ failures: 4, failedAt: NOW - 7999 }], {}, [0]],
  ['an end to the back-off', [{ failures: 4, failedAt: NOW - 8000 }], {}, [1]],
  ['a back-off of at most five minutes', [{ failures: 60, failedAt: NOW - 300_000 }], {}, [1]],
  ['no more than a quarter of the memory', [{}, {}, {}], { budgetMiB: 1024 }, [1, 1, 0]],
  [
    'the most recently used kinds first',
    [{ lastUsedAt: NOW - 9000 }, { lastUsedAt: NOW - 10 }],
    { budgetMiB: 512 },
    [0, 1],
  ],
  [
    'one to each before a second to any',
    [{ acquiredAt: [NOW, NOW, NOW] }, { lastUsedAt: 9e7 }],
    { budgetMiB: 1024 },
    [1, 1],
  ],
  [
    'a small kind where a large one does not fit',
    [{ memoryMiB: 2000 }, { lastUsedAt: 9e7 }],
    { budgetMiB: 4096 },
    [0, 1],
  ],
  ['none where others hold the memory', [{}], { usedMiB: 8100 }, [0]],
  ['none when more is in use than there is', [{}], { usedMiB: 9000 }, [0]],
];

describe('stemsWanted', () => {
  for (const [title, kinds, machine, wanted] of WANTED) {
    test(title, () => {
      const plan = stemsWanted(
        kinds.map((kind) => ({ ...USED, ...kind })),
        { ...MACHINE, ...machine },
      );
      assert.deepEqual(plan.wanted, wanted);
    });
  }

  test('returns when the plan changes: when a kind has been unused for long', () =>
    assert.equal(stemsWanted([USED], MACHINE).recheckInMs, 86_399_000));
  test('or when a back-off ends', () =>
    assert.equal(stemsWanted([{ ...USED, failures: 2, failedAt: NOW - 500 }], MACHINE).recheckInMs, 1500));
  test('or when a burst ends', () =>
    assert.equal(stemsWanted([{ ...USED, acquiredAt: [NOW - 9, NOW - 5] }], MACHINE).recheckInMs, 59_991));
  test('or never', () => assert.equal(stemsWanted([{ ...USED, lastUsedAt: 0 }], MACHINE).recheckInMs, undefined));
});
