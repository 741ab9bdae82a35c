import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Traffic, type KeepCosts } from '../../../../src/pool/policy/index.ts';

const COSTS: KeepCosts = { coldMs: 250, memoryMiB: 128, price: 1.2 };
const MINUTE_MS = 60_000;

describe('the number of sandboxes worth keeping', () => {
  test('none before it was called', () => {
    const traffic = new Traffic();
    assert.deepEqual(
      [traffic.wanted(0, COSTS), traffic.ahead(0, COSTS), traffic.nextChange(0, COSTS)],
      [0, 0, Infinity],
    );
  });

  test('one for about ten minutes after the first call, and when that ends', () => {
    const traffic = new Traffic();
    traffic.arrived(5000);
    assert.equal(traffic.wanted(5000, COSTS), 1);
    assert.equal(traffic.nextChange(5000, COSTS), 660_360);
    assert.equal(traffic.wanted(660_359, COSTS), 1);
    assert.equal(traffic.wanted(660_360, COSTS), 0);
    assert.equal(traffic.nextChange(660_360, COSTS), Infinity);
  });

  test('as many as a burst used for a minute, then as many as are worth their memory', () => {
    const traffic = new Traffic();
    traffic.arrived(0);
    traffic.sample(0, 20, 20);
    traffic.sample(1000, 0, 20);
    assert.equal(traffic.wanted(50_000, COSTS), 20);
    assert.equal(traffic.wanted(5 * MINUTE_MS, COSTS), 20);
    assert.equal(traffic.wanted(11 * MINUTE_MS, COSTS), 0);
  });

  test('of many, those that are needed rarely expire and those that are needed often stay', () => {
    const traffic = new Traffic();
    const day = 1440 * MINUTE_MS;
    let now = 0;
    for (let i = 0; i < 2000; i++) {
      now += 20_000 + ((i * 7919) % 40) * 1000;
      traffic.arrived(now);
      traffic.sample(now, 3, 3);
      traffic.sample(now + 500, 0, 3);
    }
    for (let i = 0; i < 20; i++) {
      now += day;
      traffic.sample(now, 12, 12);
      traffic.sample(now + 500, 0, 12);
      for (let more = 0; more < 100; more++) {
        now += 20_000 + ((more * 7919) % 40) * 1000;
        traffic.arrived(now);
        traffic.sample(now, 3, 3);
        traffic.sample(now + 500, 0, 3);
      }
    }
    assert.equal(traffic.wanted(now + 40_000, COSTS), 3);
  });

  test('no new arrival while a sandbox stays in use', () => {
    const traffic = new Traffic();
    traffic.arrived(0);
    // Two sandboxes busy for an hour, sampled by a clock that is slightly late each time.
    for (let now = 0; now < 60 * MINUTE_MS; now += 1100) traffic.sample(now, 2, 2);
    const end = 60 * MINUTE_MS;
    traffic.sample(end, 0, 2);
    assert.equal(traffic.wanted(end + 5 * MINUTE_MS, COSTS), 2);
  });

  test('one shortly before the call of a timer', () => {
    const traffic = new Traffic();
    for (let i = 0; i < 30; i++) traffic.arrived(i * 15 * MINUTE_MS);
    const next = 30 * 15 * MINUTE_MS;
    assert.deepEqual([traffic.wanted(next - 5 * MINUTE_MS, COSTS), traffic.ahead(next - 5 * MINUTE_MS, COSTS)], [0, 0]);
    assert.deepEqual([traffic.wanted(next - 1000, COSTS), traffic.ahead(next - 1000, COSTS)], [1, 1]);
    assert.deepEqual([traffic.wanted(next + MINUTE_MS, COSTS), traffic.ahead(next + MINUTE_MS, COSTS)], [0, 0]);
  });

  test('one around a known call', () => {
    const traffic = new Traffic();
    traffic.arrived(0);
    const nextAt = 180 * MINUTE_MS;
    assert.equal(traffic.ahead(nextAt - 2000, COSTS, nextAt), 0);
    assert.equal(traffic.ahead(nextAt - 1000, COSTS, nextAt), 1);
    assert.equal(traffic.ahead(nextAt + 5000, COSTS, nextAt), 0);
  });

  test('another number when the costs change', () => {
    const traffic = new Traffic();
    traffic.arrived(0);
    assert.equal(traffic.wanted(8 * MINUTE_MS, COSTS), 1);
    assert.equal(traffic.wanted(8 * MINUTE_MS, { ...COSTS, price: 12 }), 0);
    assert.equal(traffic.wanted(8 * MINUTE_MS, { ...COSTS, price: 12, coldMs: 5000 }), 1);
    assert.equal(traffic.wanted(8 * MINUTE_MS, { ...COSTS, memoryMiB: 2048 }), 0);
  });
});
