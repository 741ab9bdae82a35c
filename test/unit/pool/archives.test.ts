import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SandboxSpec } from '../../../src/driver/sandbox.ts';
import { acquire } from '../../support/acquire.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { settled } from '../../support/virtual-clock.ts';

/** A pool whose sandboxes lack an archive until one is saved, and the specs that saved one. */
function archiveHouse(
  limits: Parameters<typeof poolHouse>[1] = {},
  initOutcome?: { readonly kind: 'timeout' },
): ReturnType<typeof poolHouse> & { readonly saved: SandboxSpec[] } {
  const saved: SandboxSpec[] = [];
  const house = poolHouse(
    {
      hasStems: () => false,
      lacksArchive: (spec) => spec.recordsArchive !== true && saved.length === 0,
      saveArchive: (spec) => void saved.push(spec),
      ...(initOutcome && {
        init: (spec) => (spec.recordsArchive === true ? { ms: 1, outcome: initOutcome } : { ms: 1 }),
      }),
    },
    limits,
  );
  return { ...house, saved };
}

describe('an archive that a version lacks', () => {
  test('is recorded once by a sandbox of its own, which serves no request and ends', async () => {
    const { pool, clock, driver, saved } = archiveHouse();
    const hello = revision('hello', 1);
    const first = assertAcquired(await acquire(pool, hello));
    assertAcquired(await acquire(pool, hello));
    await clock.advance(1000);
    assert.deepEqual(
      saved.map((spec) => [spec.functionName, spec.version, spec.recordsArchive]),
      [['hello', 1, true]],
    );
    assert.equal(driver.created.length, 3);
    assert.equal(driver.alive.size, 2);
    assert.equal(pool.counts().busy, 2);
    pool.release(first, true, 1);
    await clock.advance(10_000);
    assert.equal(driver.created.length, 3);
    await pool.close(0);
  });

  test('is recorded in memory that is free, and later where none is', async () => {
    const { pool, clock, saved } = archiveHouse({ memoryBudgetMiB: 200 });
    const hello = revision('hello', 1, { memoryMiB: 128, idleTimeoutMs: 4000 });
    const held = assertAcquired(await acquire(pool, hello));
    await clock.advance(5000);
    assert.equal(saved.length, 0);
    pool.release(held, true, 1);
    await clock.advance(10_000);
    assert.equal(saved.length, 1);
    assert.equal(pool.memory.usedMiB, 0);
    await pool.close(0);
  });

  test('is not saved when the recording cannot load the code, and nothing of it stays', async () => {
    const { pool, clock, driver, saved } = archiveHouse({}, { kind: 'timeout' });
    const acquired = acquire(pool, revision('hello', 1));
    await clock.advance(1000);
    assertAcquired(await acquired);
    assert.deepEqual([saved.length, driver.created.length, driver.alive.size], [0, 2, 1]);
    await pool.close(0);
  });

  test('is not recorded by a pool that closes first', async () => {
    const { pool, clock, driver } = archiveHouse();
    assertAcquired(await acquire(pool, revision('hello', 1)));
    await pool.close(0);
    await clock.advance(1000);
    await settled();
    assert.equal(driver.created.length, 1);
  });
});
