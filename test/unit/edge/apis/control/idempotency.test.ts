import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IdempotentChanges } from '../../../../../src/edge/index.ts';
import { lamError } from '../../../../../src/errors/index.ts';

/** What a daemon keeps, in memory. */
function states(
  kept = new Map<string, string>(),
): ConstructorParameters<typeof IdempotentChanges>[0] & { kept: typeof kept } {
  return {
    kept,
    keys: () => [...kept.keys()],
    get: (key) => (kept.has(key) ? (JSON.parse(kept.get(key) ?? '') as unknown) : undefined),
    set(key, value) {
      if (value === undefined) kept.delete(key);
      else kept.set(key, JSON.stringify(value));
      return Promise.resolve();
    },
  };
}

const clock = { time: 1_000_000_000, now: (): number => clock.time };
const request = { owner: 'socket:me', key: 'k', parts: ['functions.rollback', '/x', '', '{}'], isSecret: false };

describe('changes with a key', () => {
  test('run once, and answer the same again', async () => {
    const changes = new IdempotentChanges(states(), clock);
    let runs = 0;
    const run = (): Promise<unknown> => Promise.resolve({ run: ++runs });
    assert.deepEqual(await changes.once(request, run), { answer: { run: 1 }, isRepeated: false });
    assert.deepEqual(await changes.once(request, run), { answer: { run: 1 }, isRepeated: true });
    assert.deepEqual(
      (await changes.once({ ...request, owner: 'key:ci' }, run)).answer,
      { run: 2 },
      'callers have their own',
    );
  });

  test('throw the same error again, unless trying again may help', async () => {
    const changes = new IdempotentChanges(states(), clock);
    const fail = (code: 'LAM_POOL_CLOSED' | 'LAM_EDGE_TOKEN_NEEDED') => (): Promise<unknown> =>
      Promise.reject(lamError(code, {}));
    const done = (): Promise<unknown> => Promise.resolve('done');
    await assert.rejects(changes.once(request, fail('LAM_EDGE_TOKEN_NEEDED')), { code: 'LAM_EDGE_TOKEN_NEEDED' });
    await assert.rejects(changes.once(request, done), { code: 'LAM_EDGE_TOKEN_NEEDED' });
    const other = { ...request, key: 'other' };
    await assert.rejects(changes.once(other, fail('LAM_POOL_CLOSED')), { code: 'LAM_POOL_CLOSED' });
    assert.equal((await changes.once(other, done)).answer, 'done');
  });

  test('are not made where the daemon ended during the first, or its answer is a secret', async () => {
    const kept = states();
    const before = new IdempotentChanges(kept, clock);
    void before.once(request, () => new Promise(() => undefined));
    await before.once({ ...request, key: 'secret', isSecret: true }, () => Promise.resolve({ key: 'lam_x' }));
    assert.ok(![...kept.kept.values()].join('').includes('lam_x'));
    const after = new IdempotentChanges(states(kept.kept), clock);
    const never = (): Promise<unknown> => Promise.reject(new Error('ran'));
    const unknown = { code: 'LAM_EDGE_IDEMPOTENCY_UNKNOWN' };
    await assert.rejects(after.once(request, never), { ...unknown, details: { key: 'k', isDone: false } });
    await assert.rejects(after.once({ ...request, key: 'secret', isSecret: true }, never), {
      ...unknown,
      details: { key: 'secret', isDone: true },
    });
  });

  test('are forgotten after a day, and the oldest of too many', async () => {
    const kept = states();
    const changes = new IdempotentChanges(kept, clock);
    const run = (): Promise<unknown> => Promise.resolve(0);
    for (let n = 0; n < 10_005; n++) await changes.once({ ...request, key: `k${n}` }, run);
    assert.equal(kept.kept.size, 10_000);
    assert.equal((await changes.once({ ...request, key: 'k10004' }, run)).isRepeated, true);
    assert.equal((await changes.once({ ...request, key: 'k0' }, run)).isRepeated, false);
    clock.time += 24 * 60 * 60 * 1000;
    assert.equal((await changes.once({ ...request, key: 'k10004' }, run)).isRepeated, false);
    assert.ok(kept.kept.size < 3);
  });

  test('are forgotten of the caller who has most, not of others', async () => {
    const kept = states();
    const run = (): Promise<unknown> => Promise.resolve(0);
    const quiet = { ...request, owner: 'key:quiet' };
    await new IdempotentChanges(kept, clock).once(quiet, run);
    const changes = new IdempotentChanges(kept, clock);
    for (let n = 0; n < 10_005; n++) await changes.once({ ...request, owner: 'key:loud', key: `a:${n}` }, run);
    assert.equal(kept.kept.size, 10_000);
    assert.equal((await changes.once(quiet, run)).isRepeated, true);
    assert.equal((await changes.once({ ...request, owner: 'key:loud', key: 'a:0' }, run)).isRepeated, false);
  });

  test('keep 16 MiB of answers, also with those of earlier daemons, and of older ones that they were made', async () => {
    const kept = states();
    const long = (): Promise<unknown> => Promise.resolve('x'.repeat(60_000));
    const store = async (changes: IdempotentChanges, from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) await changes.once({ ...request, key: `k${n}` }, long);
    };
    const chars = (): number => [...kept.kept.values()].reduce((sum, { length }) => sum + length, 0);
    await store(new IdempotentChanges(kept, clock), 0, 300);
    assert.ok(chars() < 17 * 1024 * 1024, String(chars()));
    const next = new IdempotentChanges(kept, clock);
    await store(next, 300, 330);
    assert.ok(chars() < 17 * 1024 * 1024, String(chars()));
    assert.equal((await next.once({ ...request, key: 'k329' }, long)).isRepeated, true);
    assert.equal((await next.once({ ...request, key: 'k100' }, long)).isRepeated, true);
    const never = (): Promise<unknown> => Promise.reject(new Error('ran'));
    await assert.rejects(next.once({ ...request, key: 'k1' }, never), {
      code: 'LAM_EDGE_IDEMPOTENCY_UNKNOWN',
      details: { key: 'k1', isDone: true },
    });
  });
});
