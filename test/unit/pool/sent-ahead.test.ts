import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FunctionConfig } from '../../../src/contract/index.ts';
import { lamError } from '../../../src/errors/index.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { settled } from '../../support/virtual-clock.ts';
import { acquire } from '../../support/acquire.ts';
import { asFunctionName } from '../../support/ids.ts';

const ONE: Partial<FunctionConfig> = { maxConcurrency: 1 };
const GONE = lamError('LAM_POOL_CANCELLED', { name: 'gone' });

describe('an invocation that is sent ahead', () => {
  /** An acquired sandbox of a version measured as quick. */
  async function quick(name: string, config: Partial<FunctionConfig> = {}) {
    const made = poolHouse();
    const it = revision(name, 1, config);
    made.pool.release(assertAcquired(await acquire(made.pool, it)), true, 0.1);
    const head = made.pool.acquire(it);
    assert.ok(head !== undefined);
    return { ...made, it, head };
  }

  test('goes to the busy sandbox of a quick function and starts no other', async () => {
    const { pool, it, head, driver } = await quick('hello');
    assert.equal(pool.acquire(it)?.id, head.id);
    await settled();
    assert.equal(driver.created.length, 1);
    pool.release(head, true, 0.1);
    pool.release(head, true, 0.1);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 1, busy: 0 });
    await pool.close(0);
  });

  test('is not sent to a runtime that cannot return it', async () => {
    const { pool, it } = await quick('hello', { runtime: 'php' });
    assert.equal(pool.acquire(it), undefined);
    await pool.close(0);
  });

  test('runs in an idle sandbox rather than wait long, and waits briefly rather than wake an idle one', async () => {
    for (const [ms, same] of [
      [0.1, true],
      [0.9, false],
    ] as const) {
      const { pool } = poolHouse();
      const it = revision('hello', 1);
      const both = await Promise.all([acquire(pool, it), acquire(pool, it)]);
      for (const acquired of both) pool.release(assertAcquired(acquired), true, ms);
      const first = pool.acquire(it);
      assert.equal(pool.acquire(it)?.id === first?.id, same, `at ${ms} ms`);
      await pool.close(0);
    }
  });

  test('counts against the concurrency and the queue of the function', async () => {
    const { pool, it, driver } = await quick('hello', { maxConcurrency: 1, maxQueue: 1 });
    assert.ok(pool.acquire(it) !== undefined);
    assert.equal(pool.acquire(it), undefined);
    await settled();
    assert.equal(driver.created.length, 1);
    await pool.close(0);
    const strict = await quick('strict', { maxConcurrency: 1, maxQueue: 0 });
    await assert.rejects(acquire(strict.pool, strict.it), { code: 'LAM_POOL_THROTTLED' });
    await strict.pool.close(0);
  });

  test('is never a large one, which waits for an idle sandbox, as do those behind it', async () => {
    const { pool, it, head } = await quick('hello', ONE);
    assert.equal(pool.acquire(it, true), undefined);
    const second = pool.acquire(it);
    assert.equal(second?.id, head.id, 'nobody large waits yet');
    const served: string[] = [];
    const wait = (name: string, isLarge: boolean): void => {
      pool.enqueue(it, { since: 0, isLarge, resolve: () => served.push(name), reject: assert.fail });
    };
    wait('large', true);
    assert.equal(pool.acquire(it), undefined);
    wait('small', false);
    pool.release(head, true, 0.1);
    assert.deepEqual(served, [], 'the second one runs');
    pool.release(head, true, 0.1);
    assert.deepEqual(served, ['large']);
    pool.release(head, true, 0.1);
    assert.deepEqual(served, ['large', 'small']);
    pool.release(head, true, 0.1);
    await pool.close(0);
  });

  test('and returns unstarted runs in another sandbox, not in the slow one again', async () => {
    const { pool, it, head, clock } = await quick('hello');
    const ahead = pool.acquire(it);
    assert.equal(ahead?.id, head.id);
    assert.ok(ahead !== undefined);
    await clock.advance(20);
    pool.release(ahead, true, undefined);
    const elsewhere = acquire(pool, it);
    await clock.advance(20);
    const again = assertAcquired(await elsewhere);
    assert.notEqual(again.id, head.id);
    const third = acquire(pool, it);
    await clock.advance(50);
    assert.ok(![head.id, again.id].includes(assertAcquired(await third).id), 'nothing is sent ahead for now');
    await pool.close(0);
  });

  test('is answered before a deleted or closing sandbox ends', async () => {
    const { pool, it, head, driver, clock } = await quick('hello', ONE);
    const ahead = pool.acquire(it);
    assert.ok(ahead !== undefined);
    pool.drop(asFunctionName('hello'), undefined, GONE);
    const closing = pool.close(1000);
    pool.release(head, true, 0.1);
    await clock.advance(10);
    assert.equal(driver.alive.size, 1, 'one is still under way');
    pool.release(ahead, true, 0.1);
    await closing;
    assert.equal(driver.alive.size, 0);
  });
});
