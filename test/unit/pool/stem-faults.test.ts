import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_CONFIG } from '../../../src/contract/index.ts';
import { lamError } from '../../../src/errors/index.ts';
import { STUCK_MS } from '../../../src/pool/capacity.ts';
import { parseRuntime, type Runtime } from '../../../src/runtimes/index.ts';
import type { MemoryDriver, MemorySandbox } from '../../support/memory-driver.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { settled } from '../../support/virtual-clock.ts';
import { acquire } from '../../support/acquire.ts';
import { digestFor, asFunctionName } from '../../support/ids.ts';

const NODE = parseRuntime('nodejs') as Runtime;
const KILLED = { code: null, signal: 'SIGKILL', outOfMemory: false } as const;
const broken = (reason: string) => lamError('LAM_DRIVER_START_FAILED', { function: '', reason });
const GONE = lamError('LAM_POOL_CANCELLED', { name: 'hello' });

function stemsOf(driver: MemoryDriver): MemorySandbox[] {
  return [...driver.alive.values()].filter(({ boundTo }) => boundTo === null);
}

describe('a stem that fails its function', () => {
  test('to bind is ended, and the request gets another sandbox', async () => {
    const { pool, driver, clock } = poolHouse({
      bind: () => ({ ms: 2, error: broken('no space left') }),
      boot: () => ({ ms: 20 }),
    });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    const [stem] = stemsOf(driver);
    const asked = acquire(pool, hello);
    await clock.advance(100);
    const acquired = assertAcquired(await asked);
    assert.equal(driver.alive.get(acquired.id)?.spec.artifact, digestFor('hello1'));
    assert.ok(stem !== undefined && !driver.alive.has(stem.id));
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 1 });
    await pool.close(0);
    assert.equal(driver.promisedMiB, 0);
  });

  test('is reported, and the rack backs off before it boots another', async () => {
    const troubles: string[] = [];
    const onTrouble = (what: string): void => void troubles.push(what);
    const { pool, driver, clock } = poolHouse(
      { bind: () => ({ ms: 2, error: broken('no space left') }) },
      { onTrouble },
    );
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    const asked = acquire(pool, hello);
    await clock.advance(10);
    assertAcquired(await asked);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? '', /no space left/);
    assert.equal(stemsOf(driver).length, 0);
    await clock.advance(500);
    assert.equal(stemsOf(driver).length, 0, 'not at once');
    await clock.advance(5000);
    assert.ok(stemsOf(driver).length > 0, 'but in time');
    await pool.close(0);
  });

  test('that ended just before costs its request another start and no failure', async () => {
    let boots = 0;
    const dead = { kind: 'exit', exit: KILLED } as const;
    const { pool, driver, clock } = poolHouse({
      boot: () => ({ ms: ++boots > 0 ? 10 : 0 }),
      init: ({ artifact }) => (artifact === null ? { ms: 1, outcome: dead } : { ms: 1 }),
    });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    const asked = acquire(pool, hello);
    await clock.advance(100);
    const acquired = assertAcquired(await asked);
    assert.equal(driver.alive.get(acquired.id)?.spec.artifact, digestFor('hello1'));
    await pool.close(0);
  });

  test('whose code ends its process while it loads reports that', async () => {
    const exit = { code: 1, signal: null, outOfMemory: false } as const;
    const { pool, driver, clock } = poolHouse({ init: () => ({ ms: 1, outcome: { kind: 'exit', exit } }) });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    const asked = acquire(pool, hello);
    await clock.advance(10);
    const failure = await asked;
    assert.ok('kind' in failure && failure.outcome.kind === 'exit');
    assert.ok(
      driver.created.every(({ artifact }) => artifact === null),
      'it was not tried twice',
    );
    await pool.close(0);
  });

  test('while it is provisioned is replaced as well', async () => {
    let binds = 0;
    const { pool, clock } = poolHouse({
      bind: () => (binds++ === 0 ? { ms: 1, error: broken('no space left') } : { ms: 1 }),
    });
    const kept = revision('kept', 1, { provisionedConcurrency: 1 });
    pool.announce(kept.config, kept.runtime);
    await clock.advance(1000);
    pool.setLive(kept);
    await clock.advance(5000);
    assert.equal(pool.counts(asFunctionName('kept')).idle, 1);
    assert.ok(binds > 0);
    await pool.close(0);
  });
});

describe('a stem that never connects', () => {
  test('is not acquired once it counts as stuck', async () => {
    const { pool, driver, clock } = poolHouse({ boot: ({ artifact }) => (artifact === null ? 'never' : { ms: 20 }) });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(STUCK_MS + 100);
    const asked = acquire(pool, hello);
    await clock.advance(50);
    const acquired = assertAcquired(await asked);
    assert.equal(driver.alive.get(acquired.id)?.spec.artifact, digestFor('hello1'));
    await pool.close(0);
    assert.equal(driver.promisedMiB, 0);
    assert.equal(clock.pending, 0);
  });

  test('and was acquired while it booted fails with the driver, and the request gets another sandbox', async () => {
    const troubles: string[] = [];
    const { pool, driver, clock } = poolHouse(
      {
        boot: ({ artifact }) =>
          artifact === null ? { ms: 10_000, error: broken('it was not ready within 10 s') } : { ms: 20 },
      },
      { onTrouble: (what) => void troubles.push(what) },
    );
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(100);
    const asked = acquire(pool, hello);
    await clock.advance(10_500);
    const acquired = assertAcquired(await asked);
    assert.equal(driver.alive.get(acquired.id)?.spec.artifact, digestFor('hello1'));
    assert.match(troubles.join('\n'), /not ready within 10 s/);
    await pool.close(0);
  });

  test('does not delay other kinds of stems', async () => {
    const { pool, driver, clock } = poolHouse({
      boot: ({ limits }) => (limits.memoryMiB === 512 ? 'never' : { ms: 20 }),
    });
    pool.announce({ ...DEFAULT_CONFIG, memoryMiB: 512 }, NODE);
    await clock.advance(100);
    pool.announce(DEFAULT_CONFIG, NODE);
    await clock.advance(STUCK_MS + 200);
    assert.deepEqual(
      stemsOf(driver).map(({ spec }) => spec.limits.memoryMiB),
      [128],
    );
    await pool.close(0);
    assert.equal(driver.promisedMiB, 0);
  });
});

describe('a stem that is acquired while it boots', () => {
  test('keeps a boot slot until it has booted, not while the code loads', async () => {
    const { pool, driver, clock } = poolHouse({ boot: () => ({ ms: 500 }), init: () => ({ ms: 1000 }) }, { cores: 2 });
    const [a, b, c] = ['a', 'b', 'c'].map((name, i) => revision(name, 1, { memoryMiB: i === 0 ? 64 : 128 }));
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    pool.announce(a.config, a.runtime);
    await clock.advance(100);
    const asked = [acquire(pool, a), acquire(pool, b), acquire(pool, c)];
    assert.equal(driver.created.length, 2, 'the stem and one other boot');
    await clock.advance(520);
    assert.equal(driver.created.length, 3);
    await clock.advance(3000);
    assert.deepEqual(
      (await Promise.all(asked)).map((answer) => assertAcquired(answer).revision.functionName),
      ['a', 'b', 'c'],
    );
    await pool.close(0);
  });
});

describe('ending stems', () => {
  test('with the pool while they boot', async () => {
    for (const boot of ['never', { ms: 500 }] as const) {
      const { pool, driver, clock } = poolHouse({ boot: () => boot });
      pool.announce(DEFAULT_CONFIG, NODE);
      await clock.advance(100);
      assert.equal(driver.starting.size, 1);
      await pool.close(0);
      await settled();
      assert.equal(driver.promisedMiB, 0);
      assert.equal(clock.pending, 0);
      assert.equal(pool.stems, 0);
    }
  });

  test('with the pool while one is bound', async () => {
    const { pool, driver, clock } = poolHouse({ bind: () => ({ ms: 500 }) });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    const asked = assert.rejects(acquire(pool, hello), { code: 'LAM_POOL_CLOSED' });
    await clock.advance(10);
    await pool.close(0);
    await asked;
    await settled();
    assert.equal(driver.promisedMiB, 0);
    assert.equal(clock.pending, 0);
  });

  test('with a function whose stem boots or is bound', async () => {
    for (const script of [{ boot: () => ({ ms: 400 }) }, { bind: () => ({ ms: 400 }) }]) {
      const troubles: string[] = [];
      const { pool, driver, clock } = poolHouse(script, { onTrouble: (what) => void troubles.push(what) });
      const hello = revision('hello', 1);
      pool.announce(hello.config, hello.runtime);
      await clock.advance(100);
      const asked = assert.rejects(acquire(pool, hello), { code: 'LAM_POOL_CANCELLED' });
      await clock.advance(10);
      pool.drop(asFunctionName('hello'), undefined, GONE);
      await asked;
      await clock.advance(500);
      assert.ok(
        [...driver.alive.values()].every(({ initRequest }) => initRequest === undefined),
        'its code was never loaded',
      );
      assert.ok(
        [...driver.alive.values()].every(({ boundTo }) => boundTo === null),
        'and what had it is gone',
      );
      await pool.close(0);
      assert.equal(driver.promisedMiB, 0);
      assert.deepEqual(troubles, [], 'nothing is wrong with the stem');
    }
  });

  test('with a function keeps the stems for others of its kind', async () => {
    const { pool, driver, clock } = poolHouse();
    const hello = revision('hello', 1);
    pool.setLive(hello);
    await clock.advance(1000);
    const [stem] = stemsOf(driver);
    pool.drop(asFunctionName('hello'), undefined, GONE);
    await clock.advance(1000);
    const acquired = assertAcquired(await acquire(pool, revision('other', 1)));
    assert.equal(acquired.id, stem?.id);
    assert.equal(driver.alive.get(acquired.id)?.boundTo, digestFor('other1'));
    await pool.close(0);
  });
});

describe('stems and memory', () => {
  test('are booted again when the memory they were evicted for is free', async () => {
    const { pool, driver, clock } = poolHouse({}, { memoryBudgetMiB: 1024 });
    pool.announce(DEFAULT_CONFIG, NODE);
    await clock.advance(1000);
    const before = pool.stems;
    const big = assertAcquired(await acquire(pool, revision('big', 1, { memoryMiB: 1024, idleTimeoutMs: 1000 })));
    await clock.advance(1000);
    assert.equal(pool.stems, 0);
    pool.release(big, true, 5);
    await clock.advance(3000);
    assert.equal(pool.stems, before);
    assert.ok(driver.promisedMiB <= 1024);
    await pool.close(0);
  });

  test('that are stuck do not keep idle sandboxes from eviction', async () => {
    const { pool, clock } = poolHouse(
      { boot: ({ artifact }) => (artifact === null ? 'never' : { ms: 0 }) },
      { memoryBudgetMiB: 512 },
    );
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(STUCK_MS + 100);
    pool.release(assertAcquired(await acquire(pool, hello)), true, 5);
    await clock.advance(10);
    const asked = acquire(pool, revision('big', 1, { memoryMiB: 384 }));
    await clock.advance(100);
    assert.equal(assertAcquired(await asked).revision.functionName, 'big');
    await pool.close(0);
  });

  test('of many kinds boot within the boot slots', async () => {
    const { pool, driver, clock } = poolHouse({ boot: () => ({ ms: 300 }) }, { cores: 2 });
    for (const memoryMiB of [64, 128, 192, 256, 320]) pool.announce({ ...DEFAULT_CONFIG, memoryMiB }, NODE);
    let most = 0;
    for (let i = 0; i < 200; i++) {
      await clock.advance(10);
      most = Math.max(most, driver.starting.size - driver.alive.size);
    }
    assert.equal(most, 2);
    assert.ok(pool.stems >= 3, `${pool.stems} stems`);
    await pool.close(0);
  });

  test('do not take memory that a request waits for', async () => {
    const { pool, driver, clock } = poolHouse({}, { memoryBudgetMiB: 512 });
    const hello = revision('hello', 1);
    const busy = assertAcquired(await acquire(pool, hello));
    const asked = acquire(pool, revision('big', 1, { memoryMiB: 512 }));
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    assert.equal(stemsOf(driver).length, 0);
    pool.release(busy, true, 5);
    await clock.advance(100);
    assert.equal(assertAcquired(await asked).revision.functionName, 'big');
    await pool.close(0);
  });
});
