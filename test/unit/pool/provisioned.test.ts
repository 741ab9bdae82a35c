import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FunctionConfig } from '../../../src/contract/index.ts';
import type { PoolRevision } from '../../../src/pool/index.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { acquire } from '../../support/acquire.ts';
import { asFunctionName, asVersion } from '../../support/ids.ts';

const KILLED = { code: null, signal: 'SIGKILL', outOfMemory: false } as const;

function kept(version: number, config: Partial<FunctionConfig> = {}): PoolRevision {
  return revision('kept', version, { provisionedConcurrency: 2, idleTimeoutMs: 1000, ...config });
}

describe('provisioned sandboxes', () => {
  test('are ready before the first request, as many as provisionedConcurrency, with their initialization type', async () => {
    const { pool, driver, clock } = poolHouse({ boot: () => ({ ms: 50 }) });
    const of = kept(1, { provisionedConcurrency: 3 });
    pool.setLive(of);
    await clock.advance(2500);
    assert.deepEqual(pool.counts(asFunctionName('kept'), asVersion(1)), { starting: 0, idle: 3, busy: 0 });
    const acquired = pool.acquire(of);
    assert.equal(acquired?.claimStart(), 'warm', 'nobody waited for it');
    const request = driver.alive.get(acquired?.id ?? '')?.initRequest;
    assert.equal(request?.environment['AWS_LAMBDA_INITIALIZATION_TYPE'], 'provisioned-concurrency');
    await pool.close(0);
  });

  test('do not expire; further ones do', async () => {
    const { pool, clock } = poolHouse();
    const of = kept(1);
    pool.setLive(of);
    await clock.advance(1500);
    const four = [];
    for (let i = 0; i < 4; i++) four.push(assertAcquired(await acquire(pool, of)));
    for (const acquired of four) pool.release(acquired, true, 10);
    await clock.advance(500);
    assert.equal(pool.counts().idle, 4);
    await clock.advance(86_400_000 / 4);
    assert.equal(pool.counts().idle, 2);
    await pool.close(0);
  });

  test('are replaced when they are killed, idle or busy', async () => {
    const { pool, driver, clock } = poolHouse();
    const of = kept(1);
    pool.setLive(of);
    await clock.advance(1500);
    const busy = pool.acquire(of);
    assert.ok(busy !== undefined);
    for (const sandbox of driver.alive.values()) sandbox.die(KILLED);
    await clock.advance(0);
    pool.release(busy, false, 1);
    await clock.advance(2500);
    assert.deepEqual(pool.counts(asFunctionName('kept'), asVersion(1)), { starting: 0, idle: 2, busy: 0 });
    await pool.close(0);
  });

  test('whose init fails are started again with back-off and fail no request', async () => {
    let fails = true;
    const payload = Buffer.from('{}');
    const { pool, driver, clock } = poolHouse({
      init: () => (fails ? { ms: 5, outcome: { kind: 'error', payload, errorType: 'E' } } : { ms: 5 }),
    });
    pool.setLive(kept(1, { provisionedConcurrency: 1 }));
    await clock.advance(60_000);
    const tries = driver.created.length;
    assert.ok(tries >= 3 && tries <= 10, `${tries} tries in a minute`);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 0 });
    fails = false;
    await clock.advance(301_000);
    assert.equal(pool.counts().idle, 1);
    await pool.close(0);
  });

  test('that fail to boot do not keep a request from being served', async () => {
    const { pool, clock } = poolHouse({
      init: (_spec, { environment }) =>
        environment['AWS_LAMBDA_INITIALIZATION_TYPE'] === 'on-demand'
          ? { ms: 5 }
          : { ms: 5, outcome: { kind: 'exit', exit: { code: 1, signal: null, outOfMemory: false } } },
    });
    const of = kept(1, { provisionedConcurrency: 1 });
    pool.setLive(of);
    await clock.advance(500);
    const asked = acquire(pool, of);
    await clock.advance(100);
    pool.release(assertAcquired(await asked), true, 1);
    assert.equal(pool.counts().idle, 1);
    await pool.close(0);
  });

  test('follow the live pointer, to a new version and back', async () => {
    const { pool, clock } = poolHouse();
    const [one, two] = [kept(1), kept(2, { provisionedConcurrency: 1 })];
    pool.setLive(one);
    await clock.advance(2500);
    // As the daemon announces a deploy.
    pool.setRetired(asFunctionName('kept'), asVersion(1), true);
    pool.setRetired(asFunctionName('kept'), asVersion(2), false);
    pool.setLive(two);
    await clock.advance(2500);
    assert.equal(pool.counts(asFunctionName('kept'), asVersion(2)).idle, 1);
    await clock.advance(60_000);
    assert.equal(pool.counts(asFunctionName('kept'), asVersion(1)).idle, 0, 'those of the version before expire');
    pool.setRetired(asFunctionName('kept'), asVersion(2), true);
    pool.setRetired(asFunctionName('kept'), asVersion(1), false);
    pool.setLive(one);
    await clock.advance(70_000);
    assert.deepEqual(
      [pool.counts(asFunctionName('kept'), asVersion(1)).idle, pool.counts(asFunctionName('kept'), asVersion(2)).idle],
      [2, 0],
    );
    await pool.close(0);
  });

  test('are at most the limit of the function', async () => {
    const { pool, clock } = poolHouse();
    pool.setLive(kept(1, { provisionedConcurrency: 5, maxConcurrency: 2 }));
    await clock.advance(10_000);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 2, busy: 0 });
    await pool.close(0);
  });

  test('are not evicted for another function', async () => {
    const { pool, driver, clock } = poolHouse({}, { memoryBudgetMiB: 256 });
    pool.setLive(kept(1));
    await clock.advance(2500);
    const other = assert.rejects(acquire(pool, revision('other', 1)), { code: 'LAM_POOL_MEMORY_TAKEN' });
    await clock.advance(10_100);
    await other;
    assert.equal(pool.counts(asFunctionName('kept')).idle, 2);
    assert.ok(driver.promisedMiB <= 256);
    await pool.close(0);
  });

  test('are not restarted in memory that a request waits for', async () => {
    const { pool, driver, clock } = poolHouse({}, { memoryBudgetMiB: 384 });
    pool.setLive(kept(1, { provisionedConcurrency: 1 }));
    await clock.advance(2500);
    const busy = assertAcquired(await acquire(pool, revision('busy', 1, { memoryMiB: 128 })));
    const asked = acquire(pool, revision('big', 1, { memoryMiB: 384 }));
    for (const sandbox of driver.alive.values()) if (sandbox.initRequest?.functionName === 'kept') sandbox.die(KILLED);
    await clock.advance(5000);
    assert.deepEqual(pool.counts(asFunctionName('kept')), { starting: 0, idle: 0, busy: 0 });
    pool.release(busy, false, 5);
    await clock.advance(100);
    pool.release(assertAcquired(await asked), false, 5);
    await clock.advance(2000);
    assert.equal(pool.counts(asFunctionName('kept')).idle, 1);
    await pool.close(0);
  });

  test('are restarted while another function is at its limit', async () => {
    const { pool, driver, clock } = poolHouse();
    const [of, loud] = [kept(1), revision('loud', 1, { maxConcurrency: 1 })];
    pool.setLive(of);
    await clock.advance(2500);
    assertAcquired(await acquire(pool, loud));
    const waiting = acquire(pool, loud);
    waiting.catch(() => undefined);
    for (const sandbox of driver.alive.values()) if (sandbox.initRequest?.functionName === 'kept') sandbox.die(KILLED);
    await clock.advance(3000);
    assert.equal(pool.counts(asFunctionName('kept')).idle, 2);
    await pool.close(0);
  });
});

describe('a configured idle time-out', () => {
  test('overrides the policy', async () => {
    const { pool, clock } = poolHouse();
    const of = revision('brief', 1, { idleTimeoutMs: 2000 });
    for (let i = 0; i < 20; i++) {
      pool.release(assertAcquired(await acquire(pool, of)), true, 5);
      await clock.advance(1500);
      assert.equal(pool.counts().idle, 1);
    }
    await clock.advance(1600);
    assert.equal(pool.counts().idle, 0);
    await clock.advance(3_600_000);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 0 }, 'nothing is foreseen then');
    await pool.close(0);
  });

  test('of 0 ends a sandbox as soon as it is idle', async () => {
    const { pool, driver, clock } = poolHouse();
    pool.release(assertAcquired(await acquire(pool, revision('once', 1, { idleTimeoutMs: 0 }))), true, 5);
    await clock.advance(1001);
    assert.equal([...driver.alive.values()].filter((s) => s.boundTo !== null).length, 0);
    await pool.close(0);
  });
});
