import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FunctionConfig } from '../../../src/contract/index.ts';
import { lamError } from '../../../src/errors/index.ts';
import type { Acquisition } from '../../../src/pool/index.ts';
import { RETIRED_KEEP_MS } from '../../../src/pool/policy/index.ts';
import { STUCK_MS } from '../../../src/pool/capacity.ts';
import type { MemoryDriver, MemorySandbox, Script } from '../../support/memory-driver.ts';
import { assertAcquired, poolHouse } from '../../support/pool-house.ts';
import { revision } from '../../support/revisions.ts';
import { settled } from '../../support/virtual-clock.ts';
import { acquire } from '../../support/acquire.ts';
import { asFunctionName, asVersion, digestFor } from '../../support/ids.ts';

function sandboxOf(driver: MemoryDriver, acquired: Acquisition): MemorySandbox {
  const sandbox = driver.alive.get(acquired.id);
  assert.ok(sandbox !== undefined);
  return sandbox;
}

const ONE: Partial<FunctionConfig> = { maxConcurrency: 1 };
const GONE = lamError('LAM_POOL_CANCELLED', { name: 'gone' });

describe('reuse', () => {
  test('reuses an idle sandbox of the same version; only the first acquisition reports the cold start', async () => {
    const { pool, driver, attached } = poolHouse();
    const hello = revision('hello', 1);
    const first = assertAcquired(await acquire(pool, hello));
    assert.equal(first.claimStart(), 'cold');
    assert.deepEqual(attached, [first.id]);
    pool.release(first, true, 1);
    const second = pool.acquire(hello);
    assert.equal(second?.id, first.id);
    assert.equal(second.claimStart(), 'warm');
    assert.equal(driver.created.length, 1);
    await pool.close(0);
  });

  test('never crosses versions', async () => {
    const { pool } = poolHouse();
    pool.release(assertAcquired(await acquire(pool, revision('hello', 1))), true, 1);
    assert.equal(pool.acquire(revision('hello', 2)), undefined);
    const other = assertAcquired(await acquire(pool, revision('hello', 2)));
    assert.equal(other.revision.version, 2);
    await pool.close(0);
  });

  test('prefers the most recently used sandbox, so that the others can expire', async () => {
    const { pool } = poolHouse();
    const hello = revision('hello', 1);
    const [a, b] = (await Promise.all([acquire(pool, hello), acquire(pool, hello)])).map(assertAcquired);
    assert.ok(a !== undefined && b !== undefined);
    pool.release(b, true, 1);
    pool.release(a, true, 1);
    assert.equal(pool.acquire(hello)?.id, a.id);
    assert.equal(pool.acquire(hello)?.id, b.id);
    await pool.close(0);
  });

  test('ignores a second release', async () => {
    const { pool } = poolHouse();
    const hello = revision('hello', 1);
    const acquired = assertAcquired(await acquire(pool, hello));
    pool.release(acquired, true, 1);
    pool.release(acquired, true, 1);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 1, busy: 0 });
    await pool.close(0);
  });
});

describe('a sandbox whose process ends', () => {
  test('while idle is not acquired', async () => {
    const { pool, driver } = poolHouse();
    const hello = revision('hello', 1);
    const acquired = assertAcquired(await acquire(pool, hello));
    pool.release(acquired, true, 1);
    sandboxOf(driver, acquired).die({ code: 1, signal: null, outOfMemory: false });
    await settled();
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 0 });
    assert.notEqual(assertAcquired(await acquire(pool, hello)).id, acquired.id);
    await pool.close(0);
  });

  test('between its answer and its release is not acquired again', async () => {
    const { pool, driver } = poolHouse();
    const hello = revision('hello', 1);
    const acquired = assertAcquired(await acquire(pool, hello));
    sandboxOf(driver, acquired).die({ code: 0, signal: null, outOfMemory: false });
    await settled();
    pool.release(acquired, true, 1);
    assert.equal(pool.acquire(hello), undefined);
    await pool.close(0);
  });
});

describe('the queue', () => {
  test('throttles requests beyond its limit and serves the rest in order of arrival', async () => {
    const { pool } = poolHouse();
    const hello = revision('hello', 1, { maxConcurrency: 1, maxQueue: 2 });
    const first = assertAcquired(await acquire(pool, hello));
    const order: number[] = [];
    const waiting = [1, 2].map((n) =>
      acquire(pool, hello).then((acquired) => (order.push(n), assertAcquired(acquired))),
    );
    await assert.rejects(acquire(pool, hello), { code: 'LAM_POOL_THROTTLED' });
    pool.release(first, true, 1);
    for (const acquired of waiting) pool.release(await acquired, true, 1);
    assert.deepEqual(order, [1, 2]);
    await pool.close(0);
  });

  test('drops a request whose caller disconnected', async () => {
    const { pool } = poolHouse();
    const hello = revision('hello', 1, ONE);
    const first = assertAcquired(await acquire(pool, hello));
    const leaver = new AbortController();
    const left = acquire(pool, hello, leaver.signal);
    const stays = acquire(pool, hello);
    leaver.abort();
    await assert.rejects(left, { code: 'LAM_POOL_CANCELLED' });
    pool.release(first, true, 1);
    assert.equal(assertAcquired(await stays).id, first.id);
    await pool.close(0);
  });

  test('a caller that disconnects after its answer changes nothing', async () => {
    const { pool } = poolHouse();
    const hello = revision('hello', 1, ONE);
    const first = assertAcquired(await acquire(pool, hello));
    const leaver = new AbortController();
    const served = acquire(pool, hello, leaver.signal);
    pool.release(first, true, 1);
    leaver.abort();
    pool.release(assertAcquired(await served), true, 1);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 1, busy: 0 });
    await pool.close(0);
  });
});

describe('an init that fails', () => {
  const failing: Script = {
    init: () => ({
      ms: 5,
      outcome: { kind: 'error', payload: Buffer.from('{}'), errorType: 'Runtime.ImportModuleError' },
    }),
  };

  test('fails all requests that wait for the first sandbox of a version', async () => {
    const { pool, clock, driver } = poolHouse(failing);
    const hello = revision('hello', 1);
    const answers = Promise.all([1, 2, 3].map(() => acquire(pool, hello)));
    await clock.advance(20);
    for (const answer of await answers) assert.ok('kind' in answer && answer.outcome.kind === 'error');
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 0 });
    assert.equal(driver.promisedMiB, 0);
    await pool.close(0);
  });

  test('fails only the oldest request while another sandbox of the version is busy', async () => {
    let made = 0;
    const { pool, clock } = poolHouse({
      init: (...of) => (made++ === 0 ? { ms: 0 } : (failing.init?.(...of) ?? 'never')),
    });
    const hello = revision('hello', 1, { maxConcurrency: 2 });
    const runs = assertAcquired(await acquire(pool, hello));
    const unlucky = acquire(pool, hello);
    const second = acquire(pool, hello);
    await clock.advance(6);
    assert.ok('kind' in (await unlucky));
    pool.release(runs, true, 1);
    assert.equal(assertAcquired(await second).id, runs.id);
    await pool.close(0);
  });

  test('is bounded by its time limit', async () => {
    const { pool, clock } = poolHouse({ init: () => 'never' });
    const answer = acquire(pool, revision('hello', 1, { timeoutMs: 1000 }));
    await clock.advance(10_000);
    const failed = await answer;
    assert.ok('kind' in failed && failed.outcome.kind === 'timeout');
    assert.equal(failed.limitMs, 10_000);
    await pool.close(0);
  });

  test("passes the driver's error when the sandbox could not be booted", async () => {
    const error = lamError('LAM_POOL_CLOSED', {});
    const { pool, driver } = poolHouse({ boot: () => ({ ms: 0, error }) });
    await assert.rejects(acquire(pool, revision('hello', 1)), { code: 'LAM_POOL_CLOSED' });
    await settled();
    assert.equal(driver.promisedMiB, 0);
    await pool.close(0);
  });
});

describe('memory', () => {
  test('a function that can never fit is refused at once', async () => {
    const { pool } = poolHouse({}, { memoryBudgetMiB: 100 });
    await assert.rejects(acquire(pool, revision('hello', 1, { memoryMiB: 128 })), { code: 'LAM_POOL_MEMORY' });
    await pool.close(0);
  });

  test('evicts the least recently used, no more than needed, and waits until they are gone', async () => {
    const { pool, clock, driver } = poolHouse({ destroy: () => ({ ms: 30 }) }, { memoryBudgetMiB: 256 });
    const [a, b, c] = [revision('a', 1), revision('b', 1), revision('c', 1)];
    pool.release(assertAcquired(await acquire(pool, a)), true, 1);
    await clock.advance(5);
    pool.release(assertAcquired(await acquire(pool, b)), true, 1);
    const waiting = acquire(pool, c);
    await clock.advance(29);
    assert.equal(driver.created.length, 2, 'the memory is not free yet');
    await clock.advance(2);
    assert.equal(assertAcquired(await waiting).revision, c);
    assert.equal(pool.counts(asFunctionName('a')).idle, 0);
    assert.equal(pool.counts(asFunctionName('b')).idle, 1);
    await pool.close(0);
  });

  test('a request waits for the memory of busy sandboxes until they are idle', async () => {
    const { pool, clock } = poolHouse({}, { memoryBudgetMiB: 128 });
    const busy = assertAcquired(await acquire(pool, revision('a', 1)));
    const waiting = acquire(pool, revision('b', 1));
    await clock.advance(500);
    pool.release(busy, true, 1);
    await clock.advance(20);
    assert.equal(assertAcquired(await waiting).revision.functionName, 'b');
    await pool.close(0);
  });
});

describe('a sandbox that is stuck', () => {
  test('while it starts delays no other function for long', async () => {
    const { pool, clock } = poolHouse({ boot: (spec) => (spec.functionName === 'stuck' ? 'never' : { ms: 0 }) });
    const stuck = revision('stuck', 1);
    const never = [acquire(pool, stuck), acquire(pool, stuck), acquire(pool, stuck)];
    const other = acquire(pool, revision('other', 1));
    await clock.advance(STUCK_MS + 20);
    assert.equal(assertAcquired(await other).revision.functionName, 'other');
    const refused = Promise.allSettled(never);
    await pool.close(0);
    for (const one of await refused) assert.equal(one.status, 'rejected');
  });

  test('while it ends delays no other function for long', async () => {
    const { pool, clock } = poolHouse(
      { destroy: (spec) => (spec.functionName === 'stuck' ? 'never' : { ms: 0 }) },
      { memoryBudgetMiB: 256 },
    );
    pool.release(assertAcquired(await acquire(pool, revision('stuck', 1))), true, 1);
    await clock.advance(5);
    pool.release(assertAcquired(await acquire(pool, revision('idle', 1))), true, 1);
    const other = acquire(pool, revision('other', 1));
    await clock.advance(STUCK_MS + 20);
    assert.equal(assertAcquired(await other).revision.functionName, 'other');
    await pool.close(0);
  });
});

describe('expiry', () => {
  test('ends a sandbox at its idle time-out and not before', async () => {
    const { pool, clock } = poolHouse();
    pool.release(assertAcquired(await acquire(pool, revision('hello', 1, { idleTimeoutMs: 5000 }))), true, 1);
    await clock.advance(4900);
    assert.equal(pool.counts().idle, 1);
    await clock.advance(1100);
    assert.equal(pool.counts().idle, 0);
    await pool.close(0);
  });

  test('ends sandboxes of a version without pointers sooner, unless it gets one again', async () => {
    const { pool, clock } = poolHouse();
    for (const version of [1, 2])
      pool.release(assertAcquired(await acquire(pool, revision('hello', version))), true, 1);
    pool.setRetired(asFunctionName('hello'), asVersion(1), true);
    pool.setRetired(asFunctionName('hello'), asVersion(2), true);
    pool.setRetired(asFunctionName('hello'), asVersion(2), false);
    await clock.advance(RETIRED_KEEP_MS + 1001);
    assert.deepEqual(
      [
        pool.counts(asFunctionName('hello'), asVersion(1)).idle,
        pool.counts(asFunctionName('hello'), asVersion(2)).idle,
      ],
      [0, 1],
    );
    await pool.close(0);
  });
});

describe('renewal', () => {
  test('ends idle and starting sandboxes of the artifact at once, and a busy one after its answer', async () => {
    const { pool, clock, driver } = poolHouse({ boot: () => ({ ms: 10 }) });
    const hello = revision('hello', 1);
    const [one, two] = [acquire(pool, hello), acquire(pool, hello)];
    await clock.advance(10);
    const [busy, idle] = [assertAcquired(await one), assertAcquired(await two)];
    pool.release(idle, true, 50);
    pool.renew(new Set([hello.artifact]));
    await settled();
    assert.deepEqual([...driver.alive.keys()], [busy.id]);
    assert.equal(pool.acquire(hello), undefined, 'neither is used again');
    pool.release(busy, true, 50);
    await settled();
    assert.equal(driver.alive.size, 0);
    await pool.close(0);
  });

  test('keeps the queue: its requests get sandboxes that start after it', async () => {
    const { pool, clock, driver } = poolHouse({ boot: () => ({ ms: 10 }) });
    const hello = revision('hello', 1, ONE);
    const waiting = acquire(pool, hello);
    await settled();
    const [before] = driver.created;
    pool.renew(new Set([hello.artifact]));
    await clock.advance(40);
    const acquired = assertAcquired(await waiting);
    assert.notEqual(acquired.id, before?.id);
    await pool.close(0);
  });

  test('leaves sandboxes of other artifacts alone', async () => {
    const { pool, driver } = poolHouse();
    pool.release(assertAcquired(await acquire(pool, revision('hello', 1))), true, 1);
    pool.renew(new Set([digestFor('other')]));
    await settled();
    assert.equal(driver.alive.size, 1);
    await pool.close(0);
  });
});

describe('deletion', () => {
  test('of a busy version lets it answer, and so does close', async () => {
    const { pool, clock, driver } = poolHouse();
    const hello = revision('hello', 1);
    const acquired = assertAcquired(await acquire(pool, hello));
    pool.drop(asFunctionName('hello'), undefined, GONE);
    await settled();
    assert.equal(driver.alive.size, 1);
    assert.equal(pool.counts().busy, 1);
    let closed = false;
    const closing = pool.close(1000).then(() => (closed = true));
    await clock.advance(500);
    assert.equal(closed, false);
    pool.release(acquired, true, 1);
    await closing;
    assert.equal(driver.alive.size, 0);
    assert.equal(clock.pending, 0);
  });

  test('ends idle and starting sandboxes and refuses queued requests', async () => {
    const { pool, clock, driver } = poolHouse({ boot: () => ({ ms: 10 }) });
    const hello = revision('hello', 1);
    const first = acquire(pool, hello);
    await clock.advance(10);
    pool.release(assertAcquired(await first), true, 50);
    const again = assertAcquired(await acquire(pool, hello));
    const waiting = assert.rejects(acquire(pool, hello), { code: 'LAM_POOL_CANCELLED' });
    pool.drop(asFunctionName('hello'), asVersion(1), GONE);
    await waiting;
    pool.release(again, true, 1);
    await clock.advance(20);
    assert.deepEqual(pool.counts(), { starting: 0, idle: 0, busy: 0 });
    assert.equal(driver.alive.size, 0);
    await pool.close(0);
  });

  test('of one version leaves the others, and the version may return before the old sandbox is gone', async () => {
    const { pool, clock } = poolHouse({ destroy: () => ({ ms: 10 }) });
    const [one, two] = [revision('hello', 1), revision('hello', 2)];
    for (const r of [one, two]) pool.release(assertAcquired(await acquire(pool, r)), true, 1);
    pool.setRetired(asFunctionName('hello'), asVersion(1), true);
    pool.drop(asFunctionName('hello'), asVersion(1), GONE);
    assert.equal(pool.counts(asFunctionName('hello')).idle, 1);
    const again = assertAcquired(await acquire(pool, one));
    await clock.advance(20);
    pool.release(again, true, 1);
    assert.equal(pool.acquire(one)?.id, again.id);
    await pool.close(0);
  });
});

describe('close', () => {
  test('refuses new and queued requests, ends the rest after its grace period, and leaves no timer', async () => {
    const { pool, clock, driver } = poolHouse();
    const hello = revision('hello', 1, ONE);
    const acquired = assertAcquired(await acquire(pool, hello));
    const waiting = assert.rejects(acquire(pool, hello), { code: 'LAM_POOL_CLOSED' });
    const closing = pool.close(100);
    assert.equal(pool.close(0), closing);
    await waiting;
    await assert.rejects(acquire(pool, hello), { code: 'LAM_POOL_CLOSED' });
    await clock.advance(99);
    assert.equal(driver.alive.size, 1);
    await clock.advance(1);
    await closing;
    pool.release(acquired, true, 1);
    assert.equal(driver.alive.size, 0);
    assert.equal(clock.pending, 0);
  });

  test('ends at once when nothing runs, even while a sandbox boots', async () => {
    const { pool, clock, driver } = poolHouse({ boot: () => 'never' });
    const waiting = assert.rejects(acquire(pool, revision('hello', 1)), { code: 'LAM_POOL_CLOSED' });
    await pool.close(60_000);
    await waiting;
    await settled();
    assert.equal(driver.promisedMiB, 0);
    assert.equal(clock.pending, 0);
  });
});
