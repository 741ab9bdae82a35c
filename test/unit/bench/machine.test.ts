import { deepEqual, equal } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTicks, stolenPercent, warnings } from '../../../bench/machine.ts';
import { coresOf } from '../../../bench/placement.ts';
import { familyOf, memoryKiB } from '../../../bench/processes.ts';

describe('the machine under the bench', () => {
  test('stolen time is the eighth field, and guests are not counted twice', () => {
    deepEqual(parseTicks('cpu  10 20 30 400 5 6 7 8 100 100\ncpu0 1 2 3\n'), { total: 486, stolen: 8 });
    equal(parseTicks('intr 1 2 3'), undefined);
  });

  test('the share that was stolen is of the time between two readings', () => {
    equal(stolenPercent({ total: 1000, stolen: 10 }, { total: 1200, stolen: 20 }), 5);
    equal(stolenPercent({ total: 1000, stolen: 10 }, { total: 1000, stolen: 10 }), 0);
  });

  test('it warns of other load and of stolen time, and of nothing else', () => {
    equal(warnings({ loadBefore: 0.4, stolenPercent: 1 }).length, 0);
    equal(warnings({ loadBefore: 0.6, stolenPercent: null }).length, 1);
    equal(warnings({ loadBefore: 0.6, stolenPercent: 3 }).length, 2);
  });

  test('on two cores the generator and the servers are together, apart, or share one', () => {
    deepEqual(coresOf('one-core', 2), { generator: '0', servers: '0' });
    deepEqual(coresOf('apart', 2), { generator: '1', servers: '0' });
    deepEqual(coresOf('shared', 2), { generator: '1', servers: '0-1' });
  });

  test('on more cores the servers get all cores but that of the generator', () => {
    deepEqual(coresOf('apart', 8), { generator: '7', servers: '0-6' });
    deepEqual(coresOf('shared', 8), { generator: '7', servers: '0-7' });
  });

  test('on one core, or without the option, no process is pinned', () => {
    equal(coresOf('one-core', 1), undefined);
    equal(coresOf('free', 8), undefined);
  });

  test(
    'a process is in its own family and has memory; one that is not there has none',
    { skip: process.platform !== 'linux' },
    () => {
      equal(familyOf(process.ppid).includes(process.pid), true);
      equal(memoryKiB(process.pid, 'VmRSS') > 1000, true);
      equal(memoryKiB(process.pid, 'Pss') > 1000, true);
      equal(Number.isNaN(memoryKiB(2 ** 30, 'VmRSS')), true);
    },
  );
});
