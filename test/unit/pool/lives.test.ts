import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lamError } from '../../../src/errors/index.ts';
import { joinObservers } from '../../../src/observer/index.ts';
import type { PoolOptions } from '../../../src/pool/index.ts';
import { acquire } from '../../support/acquire.ts';
import type { Script } from '../../support/memory-driver.ts';
import { assertAcquired, NO_STEMS, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { asFunctionName } from '../../support/ids.ts';

/** A pool whose observer appends `<function, or stem> <phase> <reason>` to `told`. */
function observedHouse(script: Script = {}, limits: Partial<PoolOptions> = {}) {
  const told: string[] = [];
  const observers = joinObservers(
    [
      {
        sandbox: ({ functionName, endReason }, phase) =>
          void told.push(`${functionName ?? 'stem'} ${phase}${endReason === undefined ? '' : ` ${endReason}`}`),
      },
    ],
    assert.fail,
  );
  return { told, ...poolHouse({ ...NO_STEMS, ...script }, { observers, ...limits }) };
}

const NATIVE = { runtime: 'provided', handler: 'bootstrap' } as const;

describe('an observer receives the phases of a sandbox', () => {
  test('that is started for a request, used twice, and expires', async () => {
    const { pool, clock, told } = observedHouse({ init: () => ({ ms: 5 }) });
    const asked = acquire(pool, revision('hello', 1, { ...NATIVE, idleTimeoutMs: 1000 }));
    await clock.advance(10);
    pool.release(assertAcquired(await asked), true, 1);
    const again = assertAcquired(await acquire(pool, (await asked).revision));
    pool.release(again, true, 1);
    await clock.advance(3000);
    assert.deepEqual(told, [
      'hello booting',
      'hello booted',
      'hello ready',
      'hello busy',
      'hello idle',
      'hello busy',
      'hello idle',
      'hello draining expired',
      'hello gone expired',
    ]);
    await pool.close(0);
  });

  test('that begins as a stem and is bound to a function', async () => {
    const { pool, clock, told } = observedHouse();
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(1000);
    assert.deepEqual(told.splice(0), ['stem booting', 'stem booted']);
    const acquired = assertAcquired(await acquire(pool, hello));
    assert.deepEqual(told.splice(0), ['hello bound', 'hello ready', 'hello busy']);
    pool.release(acquired, false, 1);
    await clock.advance(0);
    assert.deepEqual(told, ['hello draining unusable', 'hello gone unusable']);
    await pool.close(0);
  });

  test('that is bound while it still boots', async () => {
    const { pool, clock, told } = observedHouse({ boot: () => ({ ms: 100 }) });
    const hello = revision('hello', 1);
    pool.announce(hello.config, hello.runtime);
    await clock.advance(60);
    const asked = acquire(pool, hello);
    await clock.advance(200);
    assert.deepEqual(
      told.filter((line) => !line.startsWith('stem')),
      ['hello bound', 'hello booted', 'hello ready', 'hello busy'],
    );
    pool.release(assertAcquired(await asked), true, 1);
    await pool.close(0);
  });

  test('that is evicted for another one, deleted, or closed with the pool', async () => {
    const { pool, clock, told } = observedHouse({}, { memoryBudgetMiB: 256 });
    const ends = (): string[] => told.splice(0).filter((line) => line.includes('draining'));
    const small = revision('small', 1, { ...NATIVE, memoryMiB: 128 });
    pool.release(assertAcquired(await acquire(pool, small)), true, 1);
    const asked = acquire(pool, revision('big', 1, { ...NATIVE, memoryMiB: 256 }));
    await clock.advance(10);
    pool.release(assertAcquired(await asked), true, 1);
    assert.deepEqual(ends(), ['small draining evicted']);
    pool.drop(asFunctionName('big'), undefined, lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: 'big' }));
    await clock.advance(10);
    assert.deepEqual(ends(), ['big draining deleted']);
    pool.release(assertAcquired(await acquire(pool, small)), true, 1);
    await pool.close(0);
    assert.deepEqual(ends(), ['small draining closing']);
  });

  test('that cannot boot, cannot load its code, or is killed while idle', async () => {
    const outcome = { kind: 'error', payload: Buffer.from('{}'), errorType: 'E' } as const;
    const { pool, clock, driver, told } = observedHouse({
      boot: ({ functionName }) =>
        functionName === 'boots' ? { ms: 1, error: lamError('LAM_INTERNAL', { what: 'no' }) } : { ms: 1 },
      init: ({ functionName }) => (functionName === 'loads' ? { ms: 1, outcome } : { ms: 1 }),
    });
    const failing = Promise.allSettled(
      ['boots', 'loads', 'dies'].map((name) => acquire(pool, revision(name, 1, NATIVE))),
    );
    await clock.advance(10);
    const [, , dies] = await failing;
    assert.ok(dies?.status === 'fulfilled');
    pool.release(assertAcquired(dies.value), true, 1);
    for (const sandbox of driver.alive.values()) sandbox.die({ code: 1, signal: null, outOfMemory: false });
    await clock.advance(10);
    assert.equal(told.filter((line) => line === 'boots booting').length, 1, 'no second start for one that was refused');
    assert.deepEqual(told.filter((line) => line.includes('gone')).toSorted(), [
      'boots gone boot-failed',
      'dies gone exited',
      'loads gone init-failed',
    ]);
    await pool.close(0);
  });
});
