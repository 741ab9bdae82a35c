import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FunctionConfig } from '../../../src/contract/index.ts';
import { lamError } from '../../../src/errors/index.ts';
import type { Acquisition, Pool, PoolRevision } from '../../../src/pool/index.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { settled } from '../../support/virtual-clock.ts';
import { acquire } from '../../support/acquire.ts';
import { asFunctionName } from '../../support/ids.ts';

/** Acquires `count` times. */
async function acquireMany(pool: Pool, of: PoolRevision, count: number): Promise<Acquisition[]> {
  const all: Acquisition[] = [];
  for (let i = 0; i < count; i++) all.push(assertAcquired(await acquire(pool, of)));
  return all;
}

function shared(config: Partial<FunctionConfig>): PoolRevision {
  return revision('shared', 1, config);
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const note = (): void => {
    done = true;
  };
  promise.then(note, note);
  await settled();
  return done;
}

/** How many acquisitions each sandbox has, the fullest first. */
function shares(all: readonly Acquisition[]): number[] {
  const counts = new Map<string, number>();
  for (const { id } of all) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()].toSorted((a, b) => b - a);
}

describe('a function whose sandboxes run several invocations at once', () => {
  test('fills a sandbox before it starts another', async () => {
    const { pool, driver } = poolHouse();
    const all = await acquireMany(pool, shared({ concurrency: 3 }), 7);
    assert.deepEqual(shares(all), [3, 3, 1]);
    assert.equal(driver.created.length, 3);
    await pool.close(0);
  });

  test('passes the concurrency in init and in the environment', async () => {
    const { pool, driver } = poolHouse();
    const [acquired] = await acquireMany(pool, shared({ concurrency: 3 }), 1);
    const request = driver.alive.get(acquired?.id ?? '')?.initRequest;
    assert.equal(request?.concurrency, 3);
    assert.equal(request?.environment['AWS_LAMBDA_MAX_CONCURRENCY'], '3');
    await pool.close(0);
  });

  test('never exceeds the limit of the function in one sandbox', async () => {
    const { pool, driver } = poolHouse();
    const [acquired] = await acquireMany(pool, shared({ concurrency: 8, maxConcurrency: 1 }), 1);
    const request = driver.alive.get(acquired?.id ?? '')?.initRequest;
    assert.equal(request?.concurrency, 1);
    assert.equal(request?.environment['AWS_LAMBDA_MAX_CONCURRENCY'], undefined);
    await pool.close(0);
  });

  test('has its limit ignored by a runtime that runs one at a time', async () => {
    const { pool, driver } = poolHouse();
    const all = await acquireMany(pool, shared({ concurrency: 3, runtime: 'php' }), 2);
    assert.deepEqual(shares(all), [1, 1]);
    assert.deepEqual(
      [...driver.alive.values()].map(({ initRequest }) => initRequest?.concurrency),
      [1, 1],
    );
    await pool.close(0);
  });

  test('starts the fewest sandboxes that can serve a burst', async () => {
    const { pool, driver, clock } = poolHouse({ boot: () => ({ ms: 20 }) }, { cores: 8 });
    const of = shared({ concurrency: 4 });
    const burst = Array.from({ length: 8 }, () => acquire(pool, of));
    await clock.advance(100);
    assert.deepEqual(shares((await Promise.all(burst)).map(assertAcquired)), [4, 4]);
    assert.equal(driver.created.length, 2);
    await pool.close(0);
  });

  test('gives the next request to a sandbox as soon as one invocation in it ends', async () => {
    const { pool } = poolHouse();
    const of = shared({ concurrency: 2, maxConcurrency: 2 });
    const [a] = await acquireMany(pool, of, 2);
    const waiting = acquire(pool, of);
    assert.equal(await isSettled(waiting), false);
    pool.release(a as Acquisition, true, 1);
    assert.equal(assertAcquired(await waiting).id, a?.id);
    await pool.close(0);
  });

  test('counts invocations, not sandboxes, against its limit and its queue', async () => {
    const { pool, driver } = poolHouse();
    const of = shared({ concurrency: 2, maxConcurrency: 3, maxQueue: 1 });
    const all = await acquireMany(pool, of, 3);
    const waiting = acquire(pool, of);
    await assert.rejects(acquire(pool, of), { code: 'LAM_POOL_THROTTLED' });
    assert.equal(driver.created.length, 2);
    pool.release(all[0] as Acquisition, true, 1);
    assert.ok(await isSettled(waiting));
    await pool.close(0);
  });

  test('has an idle sandbox only when its last invocation has ended', async () => {
    const { pool } = poolHouse();
    const [a, b] = await acquireMany(pool, shared({ concurrency: 2 }), 2);
    pool.release(a as Acquisition, true, 1);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 1 });
    pool.release(b as Acquisition, true, 1);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 1, busy: 0 });
    await pool.close(0);
  });
});

describe('a sandbox that became unusable while other invocations run in it', () => {
  test('takes no further request, lets the others finish, and ends with the last', async () => {
    const { pool, driver } = poolHouse();
    const of = shared({ concurrency: 3 });
    const [a, b, c] = await acquireMany(pool, of, 3);
    pool.release(a as Acquisition, false, 1);
    const other = assertAcquired(await acquire(pool, of));
    assert.notEqual(other.id, a?.id);
    assert.ok(driver.alive.get(a?.id ?? '')?.condemned === false, 'it still runs what it has');
    pool.release(b as Acquisition, true, 1);
    assert.ok(driver.alive.has(a?.id ?? ''));
    pool.release(c as Acquisition, true, 1);
    await settled();
    assert.ok(!driver.alive.has(a?.id ?? ''));
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 1 });
    await pool.close(0);
  });

  test('lets a queued request run in another sandbox', async () => {
    const { pool, driver } = poolHouse();
    const of = shared({ concurrency: 2, maxConcurrency: 3 });
    const all = await acquireMany(pool, of, 3);
    const [full, half] = all[0]?.id === all[1]?.id ? [all[0], all[2]] : [all[0], all[1]];
    assert.deepEqual(shares(all), [2, 1]);
    const waiting = acquire(pool, of);
    assert.equal(await isSettled(waiting), false);
    pool.release(full as Acquisition, false, 50);
    assert.ok(await isSettled(waiting), 'the other sandbox has room, and the limit leaves one more');
    assert.equal(assertAcquired(await waiting).id, half?.id);
    assert.equal(driver.created.length, 2);
    await pool.close(0);
  });

  test('is also one that returns an invocation unstarted', async () => {
    const { pool } = poolHouse();
    const of = shared({ concurrency: 3 });
    const [a, b] = await acquireMany(pool, of, 2);
    pool.release(b as Acquisition, true, undefined);
    assert.equal(pool.acquire(of), undefined, 'it would refuse the next one, and so on for ever');
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 0 });
    pool.release(a as Acquisition, true, 5);
    await settled();
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 0 });
    await pool.close(0);
  });

  test('counts against the limit of the function until its last invocation ends', async () => {
    const { pool, clock } = poolHouse();
    const of = shared({ concurrency: 2, maxConcurrency: 3 });
    const all = await acquireMany(pool, of, 3);
    const full = all.find((one) => all.filter(({ id }) => id === one.id).length === 2) as Acquisition;
    const waiting = Array.from({ length: 4 }, () => acquire(pool, of));
    pool.release(full, false, 50);
    await clock.advance(200);
    // One in the unusable sandbox, two in the other: a replacement must wait for the limit.
    assert.deepEqual(await Promise.all(waiting.map(isSettled)), [true, false, false, false]);
    const { starting, idle, busy } = pool.counts();
    assert.ok(starting + idle + busy <= 2, `${starting} start, ${idle} are idle, ${busy} busy`);
    pool.release(full, true, 50);
    await clock.advance(20);
    assert.deepEqual(await Promise.all(waiting.map(isSettled)), [true, true, false, false]);
    await pool.close(0);
  });

  test('finishes what runs in it when its function is deleted', async () => {
    const { pool, driver } = poolHouse();
    const of = shared({ concurrency: 2 });
    const [a, b] = await acquireMany(pool, of, 2);
    pool.release(a as Acquisition, false, 1);
    pool.drop(asFunctionName('shared'), undefined, lamError('LAM_POOL_CANCELLED', { name: 'shared' }));
    await settled();
    assert.ok(driver.alive.has(b?.id ?? ''), 'the other invocation still runs');
    pool.release(b as Acquisition, true, 1);
    await settled();
    assert.equal(driver.alive.size, 0);
    await pool.close(0);
  });

  test('finishes what runs in it before the pool is closed', async () => {
    const { pool, driver, clock } = poolHouse();
    const of = shared({ concurrency: 2 });
    const [a, b] = await acquireMany(pool, of, 2);
    pool.release(a as Acquisition, false, 1);
    const closing = pool.close(1000);
    await clock.advance(500);
    assert.ok(driver.alive.has(b?.id ?? ''), 'the grace is for what runs, wherever it runs');
    pool.release(b as Acquisition, true, 1);
    await closing;
    assert.equal(driver.alive.size, 0);
    assert.equal(clock.pending, 0);
  });

  test('that ends is not acquired again', async () => {
    const { pool, driver } = poolHouse();
    const of = shared({ concurrency: 3 });
    const [a, b] = await acquireMany(pool, of, 2);
    driver.alive.get(a?.id ?? '')?.die({ code: null, signal: 'SIGKILL', outOfMemory: false });
    await settled();
    const other = assertAcquired(await acquire(pool, of));
    assert.notEqual(other.id, a?.id);
    pool.release(a as Acquisition, false, 1);
    pool.release(b as Acquisition, false, 1);
    await settled();
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 1 });
    await pool.close(0);
  });
});

describe('a pool that closes', () => {
  test('accepts no work for a busy sandbox', async () => {
    const { pool, clock } = poolHouse();
    const of = shared({ concurrency: 2 });
    const [a] = await acquireMany(pool, of, 1);
    const closing = pool.close(1000);
    assert.equal(pool.acquire(of), undefined);
    await assert.rejects(acquire(pool, of), { code: 'LAM_POOL_CLOSED' });
    pool.release(a as Acquisition, true, 1);
    await closing;
    assert.equal(clock.pending, 0);
  });
});
