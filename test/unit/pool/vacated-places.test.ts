import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { lamError } from '../../../src/errors/index.ts';
import { acquire } from '../../support/acquire.ts';
import type { MemoryPlace } from '../../support/memory-driver.ts';
import { assertAcquired, NO_STEMS, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { settled } from '../../support/virtual-clock.ts';
import { asFunctionName, asVersion } from '../../support/ids.ts';

const HELLO = revision('hello', 1, { runtime: 'provided', handler: 'bootstrap' });

function house(limits: Parameters<typeof poolHouse>[1] = {}) {
  const places: MemoryPlace[] = [];
  return { places, ...poolHouse({ ...NO_STEMS, vacated: (place) => void places.push(place) }, limits) };
}

describe('the place of a sandbox that an invocation made unusable', () => {
  test('is that of the next sandbox of its version, also while its code still ends', async () => {
    const { pool, driver, places } = house();
    const first = assertAcquired(await acquire(pool, HELLO));
    pool.release(first, false, 1);
    const second = assertAcquired(await acquire(pool, HELLO));
    assert.equal(places[0]?.of, first.id);
    assert.equal(driver.created.at(-1)?.place, places[0]);
    pool.release(second, false, 1);
    assertAcquired(await acquire(pool, HELLO));
    assert.equal(driver.created.at(-1)?.place, places[1]);
    assert.equal(places[1]?.of, second.id);
  });

  test('is no other version\u2019s, and no other function\u2019s', async () => {
    const { pool, driver } = house();
    pool.release(assertAcquired(await acquire(pool, HELLO)), false, 1);
    for (const other of [revision('hello', 2), revision('other', 1)]) {
      assertAcquired(await acquire(pool, other));
      assert.equal(driver.created.at(-1)?.place, undefined);
    }
  });

  test('is kept for a process that ended while it waited', async () => {
    const { pool, driver, places } = house();
    const first = assertAcquired(await acquire(pool, HELLO));
    pool.release(first, true, 1);
    driver.alive.get(first.id)?.die({ code: 1, signal: null, outOfMemory: false });
    await settled();
    assertAcquired(await acquire(pool, HELLO));
    assert.equal(driver.created.at(-1)?.place, places[0]);
  });

  test('is freed after a minute, with its function, and when the pool closes', async () => {
    for (const end of ['minute', 'function', 'pool'] as const) {
      const { pool, clock, places } = house();
      pool.release(assertAcquired(await acquire(pool, HELLO)), false, 1);
      await settled();
      assert.equal(places[0]?.isDiscarded, false);
      if (end === 'minute') await clock.advance(60_000);
      if (end === 'function') pool.drop(asFunctionName('hello'), asVersion(1), lamError('LAM_POOL_CLOSED', {}));
      if (end === 'pool') await pool.close(0);
      await settled();
      assert.equal(places[0]?.isDiscarded, true, end);
    }
  });

  test('gives way beyond sixteen, the oldest first', async () => {
    const { pool, places } = house({ memoryBudgetMiB: 64 * 1024 });
    const acquired = await Promise.all(Array.from({ length: 17 }, () => acquire(pool, HELLO)));
    for (const one of acquired) pool.release(assertAcquired(one), false, 1);
    await settled();
    assert.deepEqual(
      places.map(({ isDiscarded }) => isDiscarded),
      [true, ...Array.from({ length: 16 }, () => false)],
    );
  });
});
