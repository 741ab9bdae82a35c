import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_LIMITS, type FunctionLimits } from '../../../src/contract/index.ts';
import { isLamError, lamError } from '../../../src/errors/index.ts';
import { Limits, rateLimitFields, retryAfterMs, throttleReason, type Permit } from '../../../src/limits/index.ts';
import { asFunctionName } from '../../support/ids.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const HELLO = asFunctionName('hello');
const limited = (given: Partial<FunctionLimits>): FunctionLimits => ({ ...NO_LIMITS, ...given });

/** How many of `count` invocations are admitted now; their permits go to `permits`. */
function admitted(limits: Limits, count: number, permits: Permit[] = []): number {
  return Array.from({ length: count }, () => limits.admit(HELLO)).filter((one) => {
    if (isLamError(one)) return false;
    if (one !== undefined) permits.push(one);
    return true;
  }).length;
}

describe('the limits of functions', () => {
  test('admit everything where none are set, and again once they are removed', () => {
    const limits = new Limits(new VirtualClock());
    assert.equal(admitted(limits, 100), 100);
    limits.set(HELLO, limited({ rateLimit: 1 }));
    assert.equal(admitted(limits, 100), 1);
    limits.set(HELLO, undefined);
    assert.deepEqual([admitted(limits, 100), limits.allowance(HELLO).room], [100, Infinity]);
    assert.deepEqual(limits.throttled(HELLO), { rate: 0, concurrency: 0 });
  });

  test('admit the burst at once and then the rate; the default burst is one second', async () => {
    const clock = new VirtualClock();
    const limits = new Limits(clock);
    limits.set(HELLO, limited({ rateLimit: 5 }));
    assert.deepEqual([limits.allowance(HELLO).room, admitted(limits, 64), limits.allowance(HELLO).room], [5, 5, 0]);
    await clock.advance(199);
    assert.equal(admitted(limits, 64), 0);
    await clock.advance(1);
    assert.equal(admitted(limits, 64), 1);
    await clock.advance(60_000);
    assert.equal(admitted(limits, 64), 5);
    assert.deepEqual(limits.throttled(HELLO), { rate: 59 + 64 + 63 + 59, concurrency: 0 });
  });

  test('change at once, without giving back what was used', () => {
    const limits = new Limits(new VirtualClock());
    limits.set(HELLO, limited({ rateLimit: 1, burst: 10 }));
    assert.equal(admitted(limits, 4), 4);
    limits.set(HELLO, limited({ rateLimit: 100, burst: 3 }));
    assert.equal(admitted(limits, 64), 3);
  });

  test('admit as many at the same time as are reserved; one that ends makes room', () => {
    const limits = new Limits(new VirtualClock());
    limits.set(HELLO, limited({ reservedConcurrency: 2 }));
    const permits: Permit[] = [];
    assert.equal(admitted(limits, 64, permits), 2);
    permits.pop()?.leave();
    assert.deepEqual([admitted(limits, 64, permits), limits.allowance(HELLO).room], [1, 0]);
    assert.deepEqual(limits.throttled(HELLO), { rate: 0, concurrency: 62 + 63 });
    limits.set(HELLO, limited({ reservedConcurrency: 3 }));
    assert.equal(admitted(limits, 64, permits), 1);
    limits.set(HELLO, undefined);
    for (const permit of permits) permit.leave();
    limits.set(HELLO, limited({ reservedConcurrency: 2 }));
    assert.equal(admitted(limits, 64), 2);
  });

  test('are forgotten with the last invocation that ran when they were removed', () => {
    const limits = new Limits(new VirtualClock());
    const permits: Permit[] = [];
    limits.set(HELLO, limited({ reservedConcurrency: 2 }));
    assert.equal(admitted(limits, 3, permits), 2);
    limits.set(HELLO, undefined);
    permits.pop()?.leave();
    assert.deepEqual(limits.throttled(HELLO), { rate: 0, concurrency: 1 });
    permits.pop()?.leave();
    assert.deepEqual(limits.throttled(HELLO), { rate: 0, concurrency: 0 });
    assert.equal(admitted(limits, 3), 3);
  });

  test('take no token for an invocation that the reserved concurrency refuses', () => {
    const limits = new Limits(new VirtualClock());
    limits.set(HELLO, limited({ rateLimit: 10, reservedConcurrency: 1 }));
    const permits: Permit[] = [];
    assert.equal(admitted(limits, 20, permits), 1);
    permits[0]?.leave();
    limits.set(HELLO, limited({ rateLimit: 10 }));
    assert.equal(admitted(limits, 20), 9);
  });

  test('of routes are apart from each other and from those of the function, and follow changed settings', () => {
    const limits = new Limits(new VirtualClock());
    const at = (route: string, rateLimit: number, burst?: number): boolean =>
      limits.admitAt({ functionName: HELLO, route, rateLimit, burst }) === undefined;
    const count = (route: string, rateLimit: number, burst?: number): number =>
      Array.from({ length: 64 }, () => at(route, rateLimit, burst)).filter(Boolean).length;
    assert.deepEqual([count('GET /a', 3), count('GET /b', 1, 7), count('GET /a', 3)], [3, 7, 0]);
    assert.equal(admitted(limits, 64), 64);
    assert.equal(count('GET /b', 1, 2), 0);
  });

  test('of thousands of routes keep only those that are not full', async () => {
    const clock = new VirtualClock();
    const limits = new Limits(clock);
    const at = (n: number): boolean =>
      limits.admitAt({ functionName: HELLO, route: `GET /${n}`, rateLimit: 0.001, burst: 1 }) === undefined;
    for (let n = 0; n < 5000; n++) assert.ok(at(n));
    assert.ok(!at(0) && !at(4999));
    await clock.advance(1_000_000);
    assert.ok(at(0) && !at(0));
  });
});

describe('a refusal by a limit', () => {
  const rate = { name: 'hello', perSecond: 5, burst: 20, retryAfterMs: 1200 };
  test('has the fields of RateLimit and the reason of AWS', () => {
    const error = lamError('LAM_LIMITS_RATE', rate);
    assert.deepEqual(rateLimitFields(error), [
      'RateLimit-Policy',
      '"function";q=20;w=4',
      'RateLimit',
      '"function";r=0;t=2',
    ]);
    assert.deepEqual([throttleReason(error), retryAfterMs(error)], ['FunctionInvocationRateLimitExceeded', 1200]);
  });
  test('of a route names the route', () => {
    const error = lamError('LAM_LIMITS_ROUTE_RATE', { ...rate, route: 'GET /a' });
    assert.equal(rateLimitFields(error)[1], '"route";q=20;w=4');
  });
  test('of the reserved concurrency counts requests at a time', () => {
    const error = lamError('LAM_LIMITS_RESERVED', { name: 'hello', reserved: 2 });
    assert.deepEqual(rateLimitFields(error).slice(1, 2), ['"reserved";q=2;qu="concurrent-requests"']);
    assert.equal(throttleReason(error), 'ReservedFunctionConcurrentInvocationLimitExceeded');
  });
  test('for another reason has none of this', () => {
    const error = lamError('LAM_POOL_THROTTLED', { name: 'hello', maxConcurrency: 1, maxQueue: 0 });
    assert.deepEqual(
      [rateLimitFields(error), throttleReason(error), retryAfterMs(error)],
      [[], 'ConcurrentInvocationLimitExceeded', undefined],
    );
  });
});
