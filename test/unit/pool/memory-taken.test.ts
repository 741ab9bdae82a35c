import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acquire } from '../../support/acquire.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';

const WAIT_MS = 10_000;
const TAKEN = {
  code: 'LAM_POOL_MEMORY_TAKEN',
  kind: 'resource_exhausted',
  details: { name: 'late', memoryMiB: 128, budgetMiB: 256 },
};

describe('memory held by other functions', () => {
  test('is waited for ten seconds by each request, which is then refused', async () => {
    const { pool, clock } = poolHouse({}, { memoryBudgetMiB: 256 });
    assertAcquired(await acquire(pool, revision('big', 1, { memoryMiB: 256 })));
    const late = revision('late', 1);
    const said: string[] = [];
    const ask = (who: string): Promise<void> =>
      assert.rejects(acquire(pool, late), TAKEN).then(() => void said.push(who));
    const all = [ask('first')];
    await clock.advance(1000);
    all.push(ask('second'));
    await clock.advance(WAIT_MS - 1001);
    assert.deepEqual(said, []);
    await clock.advance(20);
    assert.deepEqual(said, ['first']);
    await clock.advance(1000);
    await Promise.all(all);
    assert.deepEqual(said, ['first', 'second']);
    await pool.close(0);
    assert.equal(clock.pending, 0);
  });

  test('goes to the request that waits for it when it is freed in time', async () => {
    const { pool, clock } = poolHouse({}, { memoryBudgetMiB: 256 });
    const big = assertAcquired(await acquire(pool, revision('big', 1, { memoryMiB: 256 })));
    const asked = acquire(pool, revision('late', 1));
    await clock.advance(WAIT_MS - 100);
    pool.release(big, true, 5000);
    await clock.advance(50);
    assert.equal(assertAcquired(await asked).revision.functionName, 'late');
    await pool.close(0);
  });

  test('does not refuse a request while a sandbox of its version is busy', async () => {
    const { pool, clock } = poolHouse({}, { memoryBudgetMiB: 256 });
    const late = revision('late', 1);
    const mine = assertAcquired(await acquire(pool, late));
    assertAcquired(await acquire(pool, revision('other', 1)));
    const asked = acquire(pool, late);
    await clock.advance(3 * WAIT_MS);
    pool.release(mine, true, 30_000);
    assert.equal(assertAcquired(await asked).id, mine.id);
    await pool.close(0);
  });

  test('counts until its sandbox has ended, however long that takes', async () => {
    const { pool, driver, clock } = poolHouse({ destroy: () => ({ ms: 1500 }) }, { memoryBudgetMiB: 256 });
    pool.release(assertAcquired(await acquire(pool, revision('big', 1, { memoryMiB: 256 }))), true, 5);
    const asked = acquire(pool, revision('late', 1));
    await clock.advance(1400);
    assert.equal(driver.created.length, 1);
    await clock.advance(200);
    assertAcquired(await asked);
    assert.ok(driver.promisedMiB <= 256);
    await pool.close(0);
  });
});

describe('the cold start', () => {
  test('is reported by one invocation, however many run in the new sandbox at once', async () => {
    const { pool } = poolHouse();
    const shared = revision('shared', 1, { concurrency: 3 });
    const acquisitions = (await Promise.all([1, 2, 3].map(() => acquire(pool, shared)))).map(assertAcquired);
    assert.equal(new Set(acquisitions.map(({ id }) => id)).size, 1);
    assert.deepEqual(
      acquisitions.map((acquired) => acquired.claimStart()),
      ['cold', 'warm', 'warm'],
    );
    for (const acquired of acquisitions) pool.release(acquired, true, 5);
    assert.equal(pool.acquire(shared)?.claimStart(), 'warm');
    await pool.close(0);
  });
});
