import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lamError } from '../../../src/errors/index.ts';
import type { Pool, PoolOptions, PoolRevision } from '../../../src/pool/index.ts';
import { acquire } from '../../support/acquire.ts';
import { assertAcquired, NO_STEMS, poolHouse } from '../../support/pool-house.ts';
import type { Script } from '../../support/memory-driver.ts';
import { revision } from '../../support/revisions.ts';
import { asFunctionName, asVersion } from '../../support/ids.ts';

const MINUTE_MS = 60_000;
/** No stems, so that what is created is a function's. */
const NATIVE = { runtime: 'provided', handler: 'bootstrap' } as const;
const HELLO = revision('hello', 1, NATIVE);

const stemlessHouse = (script: Script = {}, limits: Partial<PoolOptions> = {}): ReturnType<typeof poolHouse> =>
  poolHouse({ ...NO_STEMS, ...script }, limits);

/** Calls a version once, and says whether a warm sandbox was there. */
async function call(pool: Pool, of: PoolRevision): Promise<boolean> {
  const before = pool.counts().idle;
  pool.release(assertAcquired(await acquire(pool, of)), true, 5);
  return before > 0;
}

describe('a call that is known ahead', () => {
  test('finds a sandbox ready, also the first call ever, that was started shortly before', async () => {
    const { pool, clock } = stemlessHouse({ boot: () => ({ ms: 200 }), init: () => ({ ms: 100 }) });
    const at = clock.now() + 10 * MINUTE_MS;
    pool.expect(HELLO, at);
    await clock.advance(10 * MINUTE_MS - 5000);
    assert.deepEqual(pool.counts(asFunctionName('hello')), { starting: 0, idle: 0, busy: 0 });
    await clock.advance(5000);
    assert.notEqual(pool.acquire(HELLO), undefined, 'it is warm at the very time');
    await pool.close(0);
  });

  test('is provisioned, not on demand: no invocation reports a cold start', async () => {
    const { pool, clock } = stemlessHouse({ init: () => ({ ms: 5 }) });
    pool.expect(HELLO, clock.now() + 5000);
    await clock.advance(5000);
    assert.equal(pool.acquire(HELLO)?.claimStart(), 'warm');
    await pool.close(0);
  });

  test('that does not arrive keeps the sandbox for some seconds, and is dropped', async () => {
    const { pool, clock } = stemlessHouse();
    pool.expect(HELLO, clock.now() + 10_000);
    await clock.advance(14_000);
    assert.equal(pool.counts(asFunctionName('hello')).idle, 1);
    await clock.advance(10_000);
    assert.equal(pool.counts(asFunctionName('hello')).idle, 0, 'nothing else is known of it');
    await clock.advance(10 * MINUTE_MS);
    assert.equal(pool.counts(asFunctionName('hello')).idle, 0);
    await pool.close(0);
  });

  test('lets the sandbox expire between calls that are far apart, and prewarms one for each', async () => {
    const { pool, clock, driver } = stemlessHouse({ boot: () => ({ ms: 50 }) });
    const hour = 60 * MINUTE_MS;
    for (let tick = 1; tick <= 3; tick++) {
      pool.expect(HELLO, clock.now() + hour);
      await clock.advance(hour);
      assert.equal(await call(pool, HELLO), true, `call ${tick} is warm`);
      assert.equal(driver.created.length, tick);
    }
    await pool.close(0);
  });

  test('keeps the sandbox until then if that costs less than another start', async () => {
    const { pool, clock, driver } = stemlessHouse();
    await call(pool, HELLO);
    for (let tick = 1; tick <= 30; tick++) {
      pool.expect(HELLO, clock.now() + 5000);
      await clock.advance(5000);
      assert.equal(await call(pool, HELLO), true);
    }
    assert.equal(driver.created.length, 1);
    await pool.close(0);
  });

  test('may be one of many, announced in any order and more than once', async () => {
    const { pool, clock } = stemlessHouse();
    const from = clock.now();
    for (const minutes of [90, 30, 60, 30]) pool.expect(HELLO, from + minutes * MINUTE_MS);
    for (const minutes of [30, 60, 90]) {
      await clock.advance(from + minutes * MINUTE_MS - clock.now());
      assert.equal(await call(pool, HELLO), true, `after ${minutes} minutes`);
    }
    await clock.advance(60 * MINUTE_MS);
    assert.equal(pool.counts(asFunctionName('hello')).idle, 0);
    await pool.close(0);
  });

  test('follows the live pointer to another version', async () => {
    const live = new Map([['hello', HELLO]]);
    const { pool, clock, driver } = stemlessHouse({}, { isLive: (of) => live.get(of.functionName) === of });
    const next = revision('hello', 2, NATIVE);
    pool.expect(HELLO, clock.now() + MINUTE_MS);
    live.set('hello', next);
    pool.setRetired(asFunctionName('hello'), asVersion(1), true);
    pool.setLive(next);
    await clock.advance(MINUTE_MS);
    assert.deepEqual(
      driver.created.map(({ version }) => version).filter((version) => version !== null),
      [2],
    );
    assert.notEqual(pool.acquire(next), undefined);
    await pool.close(0);
  });

  test('is dropped when its version is deleted or no longer live', async () => {
    let isLive = true;
    const { pool, clock, driver } = stemlessHouse({}, { isLive: () => isLive });
    pool.expect(HELLO, clock.now() + MINUTE_MS);
    isLive = false;
    await clock.advance(MINUTE_MS);
    isLive = true;
    await clock.advance(1000);
    pool.expect(HELLO, clock.now() + MINUTE_MS);
    pool.drop(asFunctionName('hello'), undefined, lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: 'hello' }));
    await clock.advance(2 * MINUTE_MS);
    assert.equal(driver.created.length, 0);
    await pool.close(0);
  });

  test('does not override a configured idle time-out', async () => {
    const { pool, clock, driver } = stemlessHouse();
    const brief = revision('brief', 1, { ...NATIVE, idleTimeoutMs: 100 });
    pool.expect(brief, clock.now() + MINUTE_MS);
    await clock.advance(2 * MINUTE_MS);
    assert.equal(driver.created.length, 0);
    await pool.close(0);
  });
});
