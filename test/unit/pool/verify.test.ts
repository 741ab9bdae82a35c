import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLamError } from '../../../src/errors/index.ts';
import { acquire } from '../../support/acquire.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { settled } from '../../support/virtual-clock.ts';

describe('a version that is verified', () => {
  test('has a warm sandbox afterwards, whose first request is no cold start', async () => {
    const { pool, driver } = poolHouse();
    const hello = revision('hello', 1);
    assert.equal(await pool.verify(hello), undefined);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 1, busy: 0 });
    const first = pool.acquire(hello);
    assert.equal(first?.claimStart(), 'warm');
    // The second one starts for a request.
    assert.equal(assertAcquired(await acquire(pool, hello)).claimStart(), 'cold');
    assert.equal(driver.created.length, 2);
    await pool.close(0);
  });

  test('is not loaded again, also after its sandboxes have ended', async () => {
    const { pool, driver, clock } = poolHouse();
    const hello = revision('hello', 1, { idleTimeoutMs: 1000 });
    await pool.verify(hello);
    await clock.advance(5000);
    assert.equal(pool.counts().idle, 0);
    assert.equal(await pool.verify(hello), undefined);
    assert.equal(driver.created.length, 1);
    await pool.close(0);
  });

  test('keeps that sandbox for a minute although nobody calls it', async () => {
    const { pool, clock } = poolHouse();
    await pool.verify(revision('hello', 1));
    await clock.advance(58_000);
    assert.equal(pool.counts().idle, 1);
    await clock.advance(4000);
    assert.equal(pool.counts().idle, 0);
    await pool.close(0);
  });

  test('gives that sandbox to a request that came while it was loaded, as a cold start', async () => {
    const { pool, clock, driver } = poolHouse({ init: () => ({ ms: 100 }) });
    const hello = revision('hello', 1, { maxConcurrency: 1 });
    const verified = pool.verify(hello);
    const acquired = acquire(pool, hello);
    await clock.advance(200);
    assert.equal(await verified, undefined);
    assert.equal(assertAcquired(await acquired).claimStart(), 'cold');
    assert.equal(driver.created.length, 1);
    await pool.close(0);
  });

  test('is one of those that provisionedConcurrency provides', async () => {
    const { pool, driver, clock } = poolHouse();
    const hello = revision('hello', 1, { provisionedConcurrency: 1 });
    await pool.verify(hello);
    pool.setLive(hello);
    await clock.advance(1000);
    // Others are stems.
    assert.equal(driver.created.filter((spec) => spec.functionName === 'hello').length, 1);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 1, busy: 0 });
    await pool.close(0);
  });

  test('is given up by its caller', async () => {
    const { pool } = poolHouse({ init: () => 'never' });
    const gone = new AbortController();
    const verified = pool.verify(revision('hello', 1), gone.signal);
    await settled();
    gone.abort();
    await assert.rejects(verified, (error) => isLamError(error) && error.code === 'LAM_POOL_CANCELLED');
    await pool.close(0);
  });

  test('waits for memory, and takes that of idle sandboxes', async () => {
    const { pool, clock } = poolHouse({}, { memoryBudgetMiB: 256 });
    const [a, b, c] = [revision('a', 1), revision('b', 1), revision('c', 1)];
    const busy = [assertAcquired(await acquire(pool, a)), assertAcquired(await acquire(pool, b))];
    const verified = pool.verify(c);
    await clock.advance(1000);
    assert.equal(pool.counts(c.functionName).starting, 0);
    for (const acquired of busy) pool.release(acquired, true, 1);
    await clock.advance(100);
    assert.equal(await verified, undefined);
    assert.ok(pool.memory.usedMiB <= 256);
    await pool.close(0);
  });

  test('is refused when others hold all memory for too long', async () => {
    const { pool, clock } = poolHouse({}, { memoryBudgetMiB: 128 });
    await acquire(pool, revision('a', 1));
    const verified = pool.verify(revision('b', 1));
    const refused = assert.rejects(verified, (error) => isLamError(error) && error.code === 'LAM_POOL_MEMORY_TAKEN');
    await clock.advance(11_000);
    await refused;
    await pool.close(0);
  });
});
