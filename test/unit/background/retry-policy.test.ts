import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFailure, backoffMs } from '../../../src/background/retry-policy.ts';

const SETTINGS = { retries: 2, retryDelayMs: 1000 };

test('pauses double with each attempt, are spread from 0, and end at five minutes', () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((attempt) => backoffMs(attempt, 1000, 0.999999)),
    [1000, 2000, 4000, 8000],
  );
  assert.deepEqual([backoffMs(3, 1000, 0), backoffMs(3, 1000, 0.5)], [0, 2000]);
  assert.deepEqual([backoffMs(1000, 1000, 0.999999999), backoffMs(1000, 0, 0.5)], [300_000, 0]);
});

test('an event is tried again until its retries are used up', () => {
  const at = { now: 5000, random: 0.5 };
  const event = (attempts: number) => ({ attempts, expiresAt: 1e9 });
  assert.deepEqual(afterFailure(event(1), SETTINGS, at), { kind: 'again', notBefore: 5500 });
  assert.deepEqual(afterFailure(event(2), SETTINGS, at), { kind: 'again', notBefore: 6000 });
  assert.deepEqual(afterFailure(event(3), SETTINGS, at), { kind: 'dead', reason: 'RetriesExhausted' });
  assert.equal(afterFailure(event(1), { ...SETTINGS, retries: 0 }, at).kind, 'dead');
});

test('an event is not tried again after its greatest age', () => {
  const event = { attempts: 1, expiresAt: 5400 };
  assert.deepEqual(afterFailure(event, SETTINGS, { now: 5000, random: 0.5 }), {
    kind: 'dead',
    reason: 'EventAgeExceeded',
  });
  assert.equal(afterFailure(event, SETTINGS, { now: 5000, random: 0.4 }).kind, 'again');
});
