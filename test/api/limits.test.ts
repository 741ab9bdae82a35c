import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import type { FunctionDetail, AsyncResult } from '../../src/contract/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';

/** So slow that a test sees no token come back. */
const SLOW = 0.001;
const invoke = (name: string): string => `/2015-03-31/functions/${name}/invocations`;
const stream = (name: string): string => `/2021-11-15/functions/${name}/response-streaming-invocations`;

/** Seconds until a token of 50 s comes, some of which have passed on a busy machine. */
function secondsOf(text: unknown): number {
  const seconds = Number(text);
  assert.ok(Number.isInteger(seconds) && seconds > 10 && seconds <= 50, String(text));
  return seconds;
}

describe('limits', () => {
  let house: EdgeHouse;
  /** Ends what `waits` runs. */
  const ends: (() => void)[] = [];
  before(async () => {
    const waits = (): Promise<InvokeOutcome> =>
      new Promise((resolve) => ends.push(() => resolve({ kind: 'result', payload: Buffer.from('"done"') })));
    house = await edgeHouse({ waits });
  });
  after(() => house[Symbol.asyncDispose]());

  const set = (name: string, settings: object, more: object = {}): Promise<Answer> =>
    house.control(`/_lam/v1/functions/${name}/config`, {
      method: 'PATCH',
      body: JSON.stringify({ set: settings, ...more }),
    });
  const describeIt = async (name: string): Promise<FunctionDetail> =>
    (await house.control(`/_lam/v1/functions/${name}`)).json() as unknown as FunctionDetail;
  const burst = async (count: number, path: (n: number) => string, method = 'POST'): Promise<Answer[]> =>
    Promise.all(
      Array.from({ length: count }, (_, n) => house.ask(path(n), method === 'GET' ? {} : { method, body: '{}' })),
    );
  const statuses = (answers: readonly Answer[]): Record<number, number> => {
    const counts: Record<number, number> = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };

  for (const bucket of [1, 7, 32, 63])
    test(`a burst of 64 against a bucket of ${bucket} is admitted exactly ${bucket} times, whatever the way`, async () => {
      const name = `bucket-${bucket}`;
      await house.publish(name, { rateLimit: SLOW, burst: bucket });
      const ways = [invoke(name), stream(name), `/${name}`, `/${name}/below`];
      const answers = await burst(64, (n) => ways[n % 4] as string);
      assert.deepEqual(statuses(answers), { 200: bucket, 429: 64 - bucket });
      assert.deepEqual((await describeIt(name)).throttled, { rate: 64 - bucket, concurrency: 0 });
    });

  test('a refused request is told when to come back, on HTTP', async () => {
    await house.publish('told', { rateLimit: 0.02, burst: 1 });
    assert.equal((await house.ask('/told')).status, 200);
    const { status, headers, text } = await house.ask('/told');
    const seconds = secondsOf(headers['retry-after']);
    assert.deepEqual(
      [status, headers['ratelimit-policy'], headers['ratelimit']],
      [429, '"function";q=1;w=50', `"function";r=0;t=${seconds}`],
    );
    const { hint, ...body } = JSON.parse(text) as Record<string, string>;
    assert.deepEqual(body, {
      message: "function 'told' is at its rate limit (0.02 a second, bursts of 1)",
      code: 'LAM_LIMITS_RATE',
    });
    assert.match(hint ?? '', /^try again in [\d.]+ s, or raise the limit: lam config set told rateLimit=0\.04$/);
  });

  test("and by AWS's SDK, with AWS's exception and reason", async () => {
    await house.publish('sdk', { rateLimit: 0.02, burst: 1 });
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const client = new LambdaClient({ endpoint: house.url, region: 'us-east-1', maxAttempts: 1, credentials });
    const refusal = async (): Promise<unknown> =>
      client.send(new InvokeCommand({ FunctionName: 'sdk' })).catch((error: unknown) => error);
    await refusal();
    const rate = await refusal();
    assert.ok(rate instanceof TooManyRequestsException);
    assert.deepEqual(
      [rate.Reason, rate.Type, rate.$response?.statusCode],
      ['FunctionInvocationRateLimitExceeded', 'User', 429],
    );
    secondsOf(rate.retryAfterSeconds);
    await set('sdk', { reservedConcurrency: 0 });
    const stopped = await refusal();
    assert.ok(stopped instanceof TooManyRequestsException);
    assert.equal(stopped.Reason, 'ReservedFunctionConcurrentInvocationLimitExceeded');
    client.destroy();
  });

  test('change at once, for all versions, without a new version and without new sandboxes', async () => {
    await house.publish('live');
    await house.publish('live', { memoryMiB: 256 });
    assert.equal((await house.ask('/live')).status, 200);
    const answer = (await set('live', { rateLimit: SLOW, burst: 2 })).json();
    assert.deepEqual(
      [answer['unchanged'], answer['version'], answer['notices']],
      [
        true,
        2,
        [
          'rateLimit: none -> 0.001/s, at once and for all versions',
          'burst: default -> 2, at once and for all versions',
        ],
      ],
    );
    const [first] = await burst(1, () => invoke('live'));
    assert.deepEqual([first?.status, first?.headers['x-lam-start']], [200, 'warm']);
    assert.deepEqual(statuses(await burst(64, (n) => invoke(n % 2 === 0 ? 'live' : 'live:1'))), { 200: 1, 429: 63 });
    await set('live', {}, { unset: ['rateLimit', 'burst'] });
    assert.deepEqual(statuses(await burst(8, () => invoke('live'))), { 200: 8 });
    const detail = await describeIt('live');
    assert.deepEqual([detail.live, detail.allVersions.length, detail.config.rateLimit], [2, 2, null]);
  });

  test('of live settings outlive a rollback, which keeps what it suspends', async () => {
    await house.publish('back', { timeoutMs: 1000 });
    await set('back', { timeoutMs: 2000 });
    await set('back', { rateLimit: SLOW, burst: 1 });
    await house.control('/_lam/v1/functions/back/rollback', { method: 'POST', body: '{}' });
    assert.deepEqual(statuses(await burst(10, () => '/back', 'GET')), { 200: 1, 429: 9 });
    await set('back', { burst: 3 });
    const { live, config, overrides } = await describeIt('back');
    assert.deepEqual([live, config.timeoutMs, config.burst], [1, 1000, 3]);
    assert.deepEqual(overrides, { timeoutMs: 2000, rateLimit: SLOW, burst: 3 });
  });

  test('of a reserved concurrency refuse what is too much at the same time, and admit again when one ends', async () => {
    await house.publish('waits', { timeoutMs: 60_000, reservedConcurrency: 3 });
    const running = Array.from({ length: 3 }, () => house.ask('/waits', { agent: false }));
    await house.arrived(house.arrivals());
    while (ends.length < 3) await new Promise(setImmediate);
    const [refused] = await burst(1, () => '/waits');
    assert.deepEqual(
      [refused?.status, refused?.headers['ratelimit-policy'], refused?.headers['retry-after']],
      [429, '"reserved";q=3;qu="concurrent-requests"', '1'],
    );
    for (const end of ends.splice(0, 1)) end();
    assert.equal((await Promise.race(running)).status, 200);
    const next = house.ask('/waits', { agent: false });
    while (ends.length < 3) await new Promise(setImmediate);
    for (const end of ends.splice(0)) end();
    assert.deepEqual(statuses([await next, ...(await Promise.all(running))]), { 200: 4 });
    assert.deepEqual((await describeIt('waits')).throttled, { rate: 0, concurrency: 1 });
  });

  test('of 0 stop a function, and events that are queued meanwhile become dead letters, as on AWS', async () => {
    await house.publish('stopped');
    await set('stopped', { reservedConcurrency: 0 });
    const answer = await house.ask('/stopped');
    assert.deepEqual(
      [answer.status, answer.json()['message'], answer.json()['hint']],
      [
        429,
        "function 'stopped' is stopped: its reserved concurrency is 0",
        'let it run again: lam config unset stopped reservedConcurrency',
      ],
    );
    const { headers } = await house.ask(invoke('stopped'), {
      method: 'POST',
      body: '{}',
      headers: { 'x-amz-invocation-type': 'Event' },
    });
    const id = String(headers['x-amzn-requestid']);
    const dead = (await house.control(`/_lam/v1/invocations/${id}?wait=60000`)).json() as unknown as AsyncResult;
    assert.deepEqual([dead.state, dead.dead, dead.attempts], ['FAILED', 'ZeroReservedConcurrency', 0]);
  });

  test('delay queued events and fail none', async () => {
    await house.publish('delayed', { rateLimit: 20, burst: 2 });
    const began = performance.now();
    const accepted = await Promise.all(
      Array.from({ length: 12 }, () =>
        house.ask(invoke('delayed'), {
          method: 'POST',
          body: '{}',
          headers: { 'x-amz-invocation-type': 'Event' },
        }),
      ),
    );
    const results = await Promise.all(
      accepted.map(async ({ headers }) => {
        const answer = await house.control(`/_lam/v1/invocations/${String(headers['x-amzn-requestid'])}?wait=60000`);
        return answer.json() as unknown as AsyncResult;
      }),
    );
    assert.deepEqual(
      results.map(({ state, attempts }) => [state, attempts]),
      Array.from({ length: 12 }, () => ['COMPLETED', 1]),
    );
    // Ten of them waited for a token each, which come every 50 ms.
    assert.ok(performance.now() - began > 400);
  });

  test('of a route hold for it alone, before its function runs, in any method it takes', async () => {
    const route = { type: 'http', route: 'ANY /slow', rateLimit: 0.02, burst: 2 };
    const files = { type: 'http', route: 'GET /fast', burst: 5, rateLimit: SLOW };
    await house.publish('routed', { triggers: [route, files] });
    assert.deepEqual(statuses(await burst(64, (n) => (n % 2 === 0 ? '/slow' : '/slow?x'), 'GET')), { 200: 2, 429: 62 });
    assert.deepEqual(statuses(await burst(64, () => '/fast', 'GET')), { 200: 5, 429: 59 });
    const arrivals = house.arrivals();
    const { status, headers, text } = await house.ask('/slow', { method: 'PUT', body: 'x'.repeat(100_000) });
    assert.deepEqual([status, headers['ratelimit-policy'], house.arrivals() - arrivals], [429, '"route";q=2;w=100', 0]);
    assert.match(
      text,
      /"route 'ANY \/slow' of function 'routed' is at its rate limit \(0\.02 a second, bursts of 2\)"/,
    );
    assert.equal((await house.ask('/routed')).status, 200);
  });

  const bad: [string, object, RegExp][] = [
    ['a rate of nothing', { rateLimit: 0 }, /rateLimit: 0\/s is not between 0\.001 and 100000/],
    ['a rate that is no number', { rateLimit: 'fast' }, /rateLimit: must be a number/],
    ['a burst without a rate', { burst: 5 }, /burst: has no effect without rateLimit/],
    ['a burst that is not whole', { rateLimit: 1, burst: 1.5 }, /burst: 1\.5 is not a whole number/],
    ['a concurrency below nothing', { reservedConcurrency: -1 }, /reservedConcurrency: -1 is not between 0 and 1000/],
    ['a concurrency that is not whole', { reservedConcurrency: 0.5 }, /reservedConcurrency: 0\.5 is not a whole/],
  ];
  for (const [what, settings, fault] of bad)
    test(`refuse ${what}`, async () => {
      await house.publish('bad');
      const answer = await set('bad', settings);
      assert.equal(answer.status, 400);
      assert.match(answer.text, fault);
      assert.equal((await house.ask('/bad')).status, 200);
    });

  test('of a route are checked as well', async () => {
    await assert.rejects(
      house.publish('bad-route', { triggers: [{ type: 'http', route: 'GET /bad-route', burst: 2 }] }),
      /has a burst, which has no effect without rateLimit/,
    );
    await assert.rejects(
      house.publish('bad-route', { triggers: [{ type: 'http', route: 'GET /bad-route', rateLimit: 0 }] }),
      /rateLimit/,
    );
  });
});
