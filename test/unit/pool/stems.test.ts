import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_CONFIG } from '../../../src/contract/index.ts';
import { lamError } from '../../../src/errors/index.ts';
import { parseRuntime, type Runtime } from '../../../src/runtimes/index.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { acquire } from '../../support/acquire.ts';
import { digestFor } from '../../support/ids.ts';

const NODE = parseRuntime('nodejs') as Runtime;

describe('stems', () => {
  test('are booted once a kind of function is announced, without code or environment of any function', async () => {
    const { pool, driver, clock } = poolHouse();
    pool.announce(DEFAULT_CONFIG, NODE);
    await clock.advance(1000);
    assert.ok(pool.stems >= 1);
    for (const spec of driver.created) {
      assert.deepEqual([spec.artifact, spec.functionName, spec.version, spec.environment], [null, '', null, {}]);
    }
    await pool.close(0);
    assert.equal(driver.alive.size, 0);
    assert.equal(clock.pending, 0, 'no timer is left');
  });

  test('serve the first request of a function, and no other function after that', async () => {
    const { pool, driver, clock, attached } = poolHouse({ boot: () => ({ ms: 100 }), init: () => ({ ms: 3 }) });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    const [stem] = [...driver.alive.keys()];
    const asked = acquire(pool, hello);
    await clock.advance(3);
    const acquired = assertAcquired(await asked);
    assert.equal(acquired.id, stem);
    assert.equal(driver.alive.get(acquired.id)?.boundTo, digestFor('hello1'));
    assert.deepEqual(attached, [acquired.id]);
    assert.equal(acquired.claimStart(), 'stem');
    assert.equal(acquired.claimStart(), 'warm');
    pool.release(acquired, true, 1);
    assert.equal(pool.acquire(hello)?.id, stem);
    await pool.close(0);
  });

  test('are replaced when nothing boots on demand', async () => {
    const { pool, driver, clock } = poolHouse({ boot: () => ({ ms: 100 }) });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    const before = pool.stems;
    pool.release(assertAcquired(await acquire(pool, hello)), true, 1);
    assert.equal(pool.stems, before - 1);
    await clock.advance(1000);
    assert.ok(pool.stems >= before);
    assert.ok(driver.created.every((spec) => spec.artifact === null));
    await pool.close(0);
  });

  test('of another size or network are not used', async () => {
    const { pool, driver, clock } = poolHouse();
    pool.announce({ ...DEFAULT_CONFIG, memoryMiB: 512 }, NODE);
    await clock.advance(1000);
    const acquired = assertAcquired(await acquire(pool, revision('hello', 1)));
    assert.equal(driver.alive.get(acquired.id)?.spec.artifact, digestFor('hello1'));
    await pool.close(0);
  });

  test('that still boot are acquired rather than another sandbox started', async () => {
    const { pool, driver, clock } = poolHouse({ boot: () => ({ ms: 100 }) });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(110);
    assert.equal(pool.stems, 0);
    const asked = acquire(pool, hello);
    await clock.advance(60);
    const acquired = assertAcquired(await asked);
    assert.equal(driver.alive.get(acquired.id)?.spec.artifact, null);
    await pool.close(0);
  });

  test('are not booted while requests wait', async () => {
    const { pool, driver, clock } = poolHouse({ init: () => ({ ms: 500 }) });
    const hello = revision('hello', 1);
    const asked = acquire(pool, hello);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(400);
    assert.equal(driver.created.filter((spec) => spec.artifact === null).length, 0);
    await clock.advance(1000);
    assertAcquired(await asked);
    assert.ok(pool.stems > 0);
    await pool.close(0);
  });

  test('that cannot be booted are reported once and tried again with back-off', async () => {
    const troubles: string[] = [];
    const error = lamError('LAM_DRIVER_START_FAILED', { function: '', reason: 'it was not ready within 10 s' });
    const { pool, driver, clock } = poolHouse(
      { boot: () => ({ ms: 10, error }) },
      { onTrouble: (what) => void troubles.push(what) },
    );
    pool.announce(DEFAULT_CONFIG, NODE);
    await clock.advance(60_000);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? '', /booted ahead.*10 s/);
    assert.ok(driver.created.length >= 2 && driver.created.length < 15, `${driver.created.length} tries in a minute`);
    await pool.close(0);
    assert.equal(clock.pending, 0);
  });

  test('that fail under a request do not fail the request', async () => {
    let boots = 0;
    const error = lamError('LAM_DRIVER_START_FAILED', { function: '', reason: 'it died' });
    const { pool, driver, clock } = poolHouse({
      boot: ({ artifact }) => (artifact === null && ++boots > 0 ? { ms: 200, error } : { ms: 20 }),
    });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(100);
    const asked = acquire(pool, hello);
    await clock.advance(400);
    const acquired = assertAcquired(await asked);
    assert.ok(boots > 0);
    assert.equal(driver.alive.get(acquired.id)?.spec.artifact, digestFor('hello1'));
    await pool.close(0);
  });

  test('are evicted when a function needs their memory', async () => {
    const { pool, driver, clock } = poolHouse({}, { memoryBudgetMiB: 512 });
    pool.announce(DEFAULT_CONFIG, NODE);
    await clock.advance(1000);
    assert.ok(pool.stems > 0);
    const acquired = assertAcquired(await acquire(pool, revision('big', 1, { memoryMiB: 512 })));
    assert.equal(acquired.revision.functionName, 'big');
    assert.equal(pool.stems, 0);
    assert.ok(driver.promisedMiB <= 512);
    await pool.close(0);
  });

  test('that end before they are bound are replaced', async () => {
    const { pool, driver, clock } = poolHouse();
    pool.announce(DEFAULT_CONFIG, NODE);
    await clock.advance(1000);
    const before = pool.stems;
    const [stem] = [...driver.alive.values()];
    stem?.die({ code: null, signal: 'SIGKILL', outOfMemory: false });
    await clock.advance(1000);
    assert.equal(pool.stems, before);
    assert.ok(stem !== undefined && !driver.alive.has(stem.id));
    await pool.close(0);
  });
});
