import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lamError } from '../../../src/errors/index.ts';
import type { ExitStatus } from '../../../src/executor/session.ts';
import { joinObservers } from '../../../src/observer/index.ts';
import { PLACE_ATTEMPTS } from '../../../src/pool/place-faults.ts';
import { acquire } from '../../support/acquire.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';

const error = lamError('LAM_DRIVER_START_FAILED', { function: 'hello', reason: 'signal SIGKILL before it was ready' });
const KILLED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };
const MANY = { maxConcurrency: 4, maxQueue: 300 } as const;

describe('a sandbox that is killed while it boots', () => {
  test('costs its queue another start but no failure, and an observer receives both', async () => {
    let boots = 0;
    const told: string[] = [];
    const observers = joinObservers(
      [{ sandbox: ({ endReason }, phase) => void told.push(`${phase} ${endReason ?? ''}`) }],
      assert.fail,
    );
    const { pool, clock, driver } = poolHouse(
      { boot: () => ({ ms: 5, ...(boots++ === 0 ? { error } : {}) }) },
      { observers },
    );
    const hello = revision('hello', 1, { ...MANY, maxConcurrency: 1 });
    const asked = Array.from({ length: 256 }, () => acquire(pool, hello));
    await clock.advance(100);
    for (const one of asked) {
      pool.release(assertAcquired(await one), true, 1);
      await clock.advance(1);
    }
    assert.equal(driver.created.length, 2);
    assert.equal(told.filter((line) => line === 'gone boot-failed').length, 1);
    await pool.close(0);
  });

  test('includes one killed from outside before its init ends', async () => {
    let inits = 0;
    const { pool, clock } = poolHouse({
      init: () => ({ ms: 5, ...(inits++ === 0 ? { outcome: { kind: 'exit', exit: KILLED } } : {}) }),
    });
    const asked = acquire(pool, revision('hello', 1));
    await clock.advance(100);
    pool.release(assertAcquired(await asked), true, 1);
    assert.equal(inits, 2);
    await pool.close(0);
  });
});

describe('starts that keep failing', () => {
  test('fails its queue after the bound, with the cause, and within two seconds', async () => {
    const { pool, clock, driver } = poolHouse({ boot: () => ({ ms: 5, error }) });
    const hello = revision('hello', 1, { ...MANY, maxConcurrency: 1 });
    const asked = Promise.allSettled([acquire(pool, hello), acquire(pool, hello)]);
    await clock.advance(2000);
    for (const one of await asked) assert.equal(one.status === 'rejected' && one.reason, error);
    assert.equal(driver.created.length, PLACE_ATTEMPTS);
    await pool.close(0);
    assert.equal(clock.pending, 0);
  });

  test('reports the exit of code that kills itself while it loads', async () => {
    const { pool, clock, driver } = poolHouse({ init: () => ({ ms: 5, outcome: { kind: 'exit', exit: KILLED } }) });
    const asked = acquire(pool, revision('hello', 1));
    await clock.advance(2000);
    const failed = await asked;
    assert.ok('kind' in failed && failed.outcome.kind === 'exit');
    assert.equal(driver.created.length, PLACE_ATTEMPTS);
    await pool.close(0);
  });

  test('gives a later request as many attempts as the others', async () => {
    const { pool, clock, driver } = poolHouse({ boot: () => ({ ms: 5, error }) });
    const hello = revision('hello', 1, { ...MANY, maxConcurrency: 1 });
    const first = Promise.allSettled([acquire(pool, hello)]);
    await clock.advance(300);
    const before = driver.created.length;
    assert.ok(before > 1 && before < PLACE_ATTEMPTS, `${before} attempts so far`);
    const later = Promise.allSettled([acquire(pool, hello)]);
    await clock.advance(20_000);
    assert.equal((await first)[0].status, 'rejected');
    assert.equal((await later)[0].status, 'rejected');
    assert.equal(driver.created.length, before + PLACE_ATTEMPTS);
    await pool.close(0);
  });

  test('is not tried again after a request has waited for the limit of an init', async () => {
    const { pool, clock, driver } = poolHouse({ boot: () => ({ ms: 3000, error }) });
    const asked = Promise.allSettled([acquire(pool, revision('hello', 1, { maxConcurrency: 1 }))]);
    await clock.advance(13_000);
    assert.equal((await asked)[0].status, 'rejected');
    const attempts = driver.created.length;
    assert.ok(attempts > 1 && attempts < PLACE_ATTEMPTS, `${attempts} attempts`);
    await pool.close(0);
  });

  test('is not tried again for a missing prerequisite', async () => {
    const missing = lamError('LAM_DRIVER_IMAGE_MISSING', { image: 'none', reason: 'not found' });
    const { pool, clock, driver } = poolHouse({ boot: () => ({ ms: 5, error: missing }) });
    const asked = Promise.allSettled([acquire(pool, revision('hello', 1))]);
    await clock.advance(10);
    assert.equal((await asked)[0].status, 'rejected');
    assert.equal(driver.created.length, 1);
    await pool.close(0);
  });
});
