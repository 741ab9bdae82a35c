import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isApiKeyName, type ApiKeyDetail, type KeyUsage } from '../../../src/contract/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import {
  Quotas,
  rateLimitFields,
  retryAfterMs,
  throttleReason,
  type CountedRequest,
} from '../../../src/limits/index.ts';

const DAY = 86_400_000;
const DAY_0 = 20_000 * DAY;

/** Quotas at a time that the test sets. */
class QuotaHouse {
  now = DAY_0 + DAY / 2;
  readonly records = new Map<string, KeyUsage>();
  readonly quotas = new Quotas({ now: () => this.now }, this.records);

  /** Sends requests; returns how many were accepted. */
  send(count: number, quota: number | null, id = 'k'): number {
    let accepted = 0;
    for (let n = 0; n < count; n++) if (!isLamError(this.quotas.take(key(quota, id)))) accepted++;
    return accepted;
  }

  /** Goes to a day from now on, and sends more requests than its quota. */
  on(day: number, quota: number): number {
    this.now = DAY_0 + day * DAY + DAY / 2;
    return this.send(quota + 5, quota);
  }
}

function key(quota: number | null, id = 'k'): ApiKeyDetail {
  const name = 'shop';
  assert.ok(isApiKeyName(name));
  return {
    name,
    id,
    prefix: 'lam_',
    createdAt: 0,
    expiresAt: null,
    by: '',
    quota,
    role: null,
    scopes: [],
    functions: [],
    accessKeyId: null,
  };
}

describe('quotas of API keys', () => {
  test('admit exactly so many requests a UTC day, each key by itself', () => {
    const house = new QuotaHouse();
    assert.equal(house.send(64, 10), 10);
    assert.equal(house.send(64, 3, 'other'), 3);
    assert.deepEqual([house.quotas.used('k'), house.quotas.used('other'), house.quotas.used('new')], [10, 3, 0]);
    house.now = DAY_0 + DAY - 1;
    assert.equal(house.send(1, 10), 0);
    house.now = DAY_0 + DAY;
    assert.equal(house.quotas.used('k'), 0);
    assert.equal(house.send(64, 10), 10);
    assert.equal(house.quotas.resetsAt(), DAY_0 + 2 * DAY);
  });

  test('that are absent count nothing', () => {
    const house = new QuotaHouse();
    assert.equal(house.send(5, null), 5);
    assert.equal(house.records.size, 0);
  });

  test('that change apply to what was used before', () => {
    const house = new QuotaHouse();
    assert.deepEqual([house.send(8, 5), house.send(8, 7), house.send(8, 3), house.send(3, 0)], [5, 2, 0, 0]);
  });

  test('are refused with the time until midnight, as header fields, and a hint', () => {
    const house = new QuotaHouse();
    house.now = DAY_0 + DAY - 90_500;
    house.send(1, 1);
    const refusal = house.quotas.take(key(1));
    assert.ok(isLamError(refusal));
    assert.equal(refusal.code, 'LAM_LIMITS_QUOTA');
    assert.equal(refusal.httpStatus, 429);
    assert.equal(retryAfterMs(refusal), 90_500);
    assert.deepEqual(rateLimitFields(refusal), [
      'RateLimit-Policy',
      '"api-key";q=1;w=86400',
      'RateLimit',
      '"api-key";r=0;t=91',
    ]);
    assert.equal(throttleReason(refusal), 'CallerRateLimitExceeded');
    assert.match(refusal.hint ?? '', /lam key update shop --quota 2/);
  });

  test('take nothing for a request that is given back, once', () => {
    const house = new QuotaHouse();
    const taken = house.quotas.take(key(2)) as CountedRequest;
    house.send(1, 2);
    taken.giveBack();
    taken.giveBack();
    assert.equal(house.quotas.used('k'), 1);
    assert.equal(house.send(5, 2), 1);
  });

  test('are not given back on another day, nor for a key that was revoked', () => {
    const house = new QuotaHouse();
    const taken = house.quotas.take(key(9)) as CountedRequest;
    const revoked = house.quotas.take(key(9, 'gone')) as CountedRequest;
    house.now += DAY;
    house.send(2, 9);
    taken.giveBack();
    assert.equal(house.quotas.used('k'), 2);
    house.quotas.forget('gone');
    revoked.giveBack();
    assert.equal(house.records.has('gone'), false);
  });

  test('are not renewed by a clock that is set back', () => {
    const house = new QuotaHouse();
    const days = [0, 1, 0, 1, 0, 1];
    assert.deepEqual(
      days.map((day) => house.on(day, 10)),
      [10, 10, 0, 0, 0, 0],
      'around midnight',
    );
    assert.deepEqual(
      [-3, 1, 0, 1].map((day) => house.on(day, 10)),
      [0, 0, 0, 0],
      'by days',
    );
    house.now = DAY_0 + 2 * DAY;
    assert.equal(house.send(4, 10), 4);
    assert.equal(house.on(-3, 10), 0, 'the most of the later days counts');
  });

  test('are renewed at the next midnight after a clock was far ahead', () => {
    const house = new QuotaHouse();
    assert.deepEqual(
      [0, 3000, 0, 1, 2].map((day) => house.on(day, 10)),
      [10, 10, 0, 10, 10],
    );
  });
});
