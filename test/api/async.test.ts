import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AsyncCounts, AsyncPage, AsyncResult } from '../../src/contract/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { asFunctionName } from '../support/ids.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';

const RESULT = (text: string): Promise<InvokeOutcome> =>
  Promise.resolve({ kind: 'result', payload: Buffer.from(text) });
const ODD: InvokeOutcome = { kind: 'error', payload: Buffer.from('{"errorType":"Odd"}'), errorType: 'Odd' };

describe('asynchronous invocations over HTTP', () => {
  let house: EdgeHouse;
  /** What `hello` was given, as `requestId event`. */
  const seen: string[] = [];
  /** What was observed of events. */
  const phases: string[] = [];
  let isFailing = false;
  /** Ends what `slow` runs. */
  const ends: (() => void)[] = [];

  before(async () => {
    house = await edgeHouse(
      {
        hello: ({ context, event }) => {
          seen.push(`${context.requestId} ${Buffer.from(event).toString()}`);
          return isFailing ? Promise.resolve(ODD) : RESULT(`{"got":${Buffer.from(event).toString()}}`);
        },
        few: ({ event }) => (Buffer.from(event).toString() === '"poison"' ? Promise.resolve(ODD) : RESULT('1')),
        slow: () =>
          new Promise((resolve) => ends.push(() => resolve({ kind: 'result', payload: Buffer.from('"slow"') }))),
      },
      { observers: [{ event: (name, phase) => void phases.push(`${name} ${phase}`) }] },
    );
    await house.publish('hello');
    await house.publish('slow', { timeoutMs: 60_000 });
  });
  after(() => house[Symbol.asyncDispose]());

  const send = (name: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
    house.ask(`/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      headers: { 'x-amz-invocation-type': 'Event', ...headers },
      body,
    });
  const accept = async (name: string, body: string, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await send(name, body, headers);
    assert.equal(answer.status, 202, answer.text);
    return String(answer.headers['x-amzn-requestid']);
  };
  const get = async (id: string, wait = 60_000): Promise<AsyncResult> => {
    const answer = await house.control(`/_lam/v1/invocations/${id}?wait=${wait}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json() as unknown as AsyncResult;
  };
  const post = (path: string, body: object = {}): Promise<Answer> =>
    house.control(`/_lam/v1/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const list = async (query: string): Promise<AsyncPage> =>
    (await house.control(`/_lam/v1/invocations?${query}`)).json() as unknown as AsyncPage;
  const codeOf = (answer: Answer): [number, unknown] => [answer.status, answer.json()['code']];

  test('answer 202 without a body, run with the id of the answer, and keep the result', async () => {
    const answer = await send('hello', '{"n":1}');
    assert.deepEqual([answer.status, answer.text], [202, '']);
    const id = String(answer.headers['x-amzn-requestid']);
    const result = await get(id);
    assert.deepEqual([result.state, result.payload, result.attempts], ['COMPLETED', '{"got":{"n":1}}', 1]);
    assert.match(result.log ?? '', /REPORT RequestId/);
    assert.deepEqual(seen.splice(0), [`${id} {"n":1}`]);
    assert.deepEqual(
      result.history.map(({ status, version }) => [status, version]),
      [['success', 1]],
    );
  });

  test('refuse what a synchronous one would refuse, and a start in the past, and accept nothing', async () => {
    const at = (ms: number): Record<string, string> => ({ 'x-lam-not-before': String(ms) });
    const cases: [Promise<Answer>, number, string][] = [
      [send('nobody', '{}'), 404, 'ResourceNotFoundException'],
      [send('hello:7', '{}'), 404, 'ResourceNotFoundException'],
      [send('hello', '{"a":'), 400, 'InvalidRequestContentException'],
      [send('hello', '{}', at(Date.now() - 60_000)), 400, 'InvalidParameterValueException'],
      [send('hello', '{}', at(Date.now() + 400 * 86_400_000)), 400, 'InvalidParameterValueException'],
      [send('hello', '{}', { 'x-lam-not-before': 'soon' }), 400, 'InvalidParameterValueException'],
    ];
    const before = (await list('')).invocations.length;
    for (const [asked, status, type] of cases) {
      const answer = await asked;
      assert.deepEqual([answer.status, answer.headers['x-amzn-errortype']], [status, type], answer.text);
    }
    assert.equal((await list('')).invocations.length, before);
  });

  test('that are put off can be listed and cancelled before they run', async () => {
    const id = await accept('hello', '"later"', { 'x-lam-not-before': String(Date.now() + 3_600_000) });
    const [first] = (await list('function=hello&state=pending')).invocations;
    assert.deepEqual([first?.id, first?.state], [id, 'PENDING']);
    assert.deepEqual(codeOf(await post(`invocations/${id}/retry`)), [412, 'LAM_OPERATIONS_INVOCATION_PENDING']);
    assert.equal((await post(`invocations/${id}/cancel`)).json()['state'], 'PENDING');
    assert.equal((await get(id)).state, 'CANCELLED');
    assert.deepEqual(codeOf(await post(`invocations/${id}/cancel`)), [412, 'LAM_OPERATIONS_INVOCATION_FINISHED']);
    assert.deepEqual(seen, []);
  });

  test('that are cancelled while they run end as cancelled; their result is dropped', async () => {
    const id = await accept('slow', '{}');
    while (ends.length === 0) await new Promise(setImmediate);
    assert.equal((await get(id, 0)).state, 'RUNNING');
    assert.equal((await post(`invocations/${id}/cancel`)).json()['state'], 'RUNNING');
    ends.pop()?.();
    const result = await get(id);
    assert.deepEqual([result.state, result.payload], ['CANCELLED', undefined]);
  });

  test('can be run again: the same event under a new id, at a version', async () => {
    const id = await accept('hello', '"once"');
    await get(id);
    await house.publish('hello', { description: 'second' });
    const again = String((await post(`invocations/${id}/retry`, { version: 1 })).json()['id']);
    const result = await get(again);
    assert.deepEqual([result.payload, result.history[0]?.version, result.qualifier], ['{"got":"once"}', 1, '1']);
    assert.deepEqual(seen.splice(0), [`${id} "once"`, `${again} "once"`]);
    assert.deepEqual(codeOf(await post(`invocations/${id}/retry`, { version: 9 })), [
      404,
      'LAM_REGISTRY_VERSION_NOT_FOUND',
    ]);
  });

  test('that fail to the end are dead letters, which can be run again and deleted', async () => {
    isFailing = true;
    const ids = [await accept('hello', '"a"'), await accept('hello', '"b"')];
    for (const id of ids) {
      const dead = await get(id);
      assert.deepEqual([dead.state, dead.dead, dead.attempts], ['FAILED', 'RetriesExhausted', 3]);
      assert.equal(dead.payload, '{"errorType":"Odd"}');
    }
    isFailing = false;
    assert.deepEqual(
      (await list('dead=1&limit=1')).invocations.map(({ id }) => id),
      [ids[1]],
    );
    assert.deepEqual((await post('dead-letters/redrive', { ids: [ids[0]] })).json(), { count: 1 });
    assert.equal((await get(ids[0] ?? '')).state, 'COMPLETED');
    assert.deepEqual((await post('dead-letters/purge', { function: 'hello' })).json(), { count: 1 });
    assert.deepEqual(codeOf(await house.control(`/_lam/v1/invocations/${ids[1]}`)), [
      404,
      'LAM_OPERATIONS_INVOCATION_NOT_FOUND',
    ]);
    assert.deepEqual((await post('dead-letters/redrive')).json(), { count: 0 });
  });

  test('are refused beyond the bounds of their function, which hold at once when they are changed', async () => {
    await house.publish('few', { maximumQueuedEvents: 1, maximumDeadLetters: 1, maximumRetryAttempts: 0 });
    const later = { 'x-lam-not-before': String(Date.now() + 3_600_000) };
    const waiting = await accept('few', '1', later);
    const full = await send('few', '2', later);
    assert.deepEqual([full.status, full.headers['x-amzn-errortype']], [429, 'TooManyRequestsException']);
    assert.match(full.text, /'few' has 1 waiting events/);
    await assert.rejects(
      house.operations.async.accept({ name: asFunctionName('few'), qualifier: undefined, event: Buffer.from('3') }),
      ({ code }: { code?: string }) => code === 'LAM_OPERATIONS_EVENTS_FULL',
    );
    await post(`invocations/${waiting}/cancel`);
    const poison = await accept('few', '"poison"');
    const dead = await get(poison);
    assert.deepEqual([dead.state, dead.dead, dead.attempts], ['FAILED', 'RetriesExhausted', 1]);
    await assert.rejects(
      house.operations.async.accept({ name: asFunctionName('few'), qualifier: undefined, event: Buffer.from('3') }),
      ({ code }: { code?: string }) => code === 'LAM_OPERATIONS_DEAD_LETTERS_FULL',
    );
    const refused = await send('few', '3');
    assert.deepEqual([refused.status, refused.headers['x-amzn-errortype']], [507, 'ServiceException']);
    assert.match(refused.text, /as many dead letters as are kept \(1, or 1 GiB\)/);
    await house.publish('few', { maximumDeadLetters: 2, maximumRetryAttempts: 0 });
    await get(await accept('few', '"poison"'));
    assert.equal((await send('few', '3')).status, 507);
    await post('dead-letters/purge', { function: 'few' });
    await get(await accept('few', '4'));
    await post('dead-letters/purge', { function: 'few' });
  });

  test('run the version that was live when they were accepted, or that is when they run, as their function says', async () => {
    await house.publish('hello', { eventVersion: 'acceptance' });
    const at = { 'x-lam-not-before': String(Date.now() + 500) };
    const pinned = await accept('hello', '5', at);
    const before = (await get(pinned, 0)).qualifier;
    await house.publish('hello', { description: 'newer' });
    const free = await accept('hello', '6', at);
    const [old, fresh] = [await get(pinned), await get(free)];
    assert.equal(String(old.history[0]?.version), before);
    assert.deepEqual([fresh.qualifier, fresh.history[0]?.version], [undefined, Number(before) + 1]);
    seen.length = 0;
  });

  test('are counted: accepted, run, succeeded, failed, retried, dead, waiting', async () => {
    await house.publish('few', { maximumRetryAttempts: 1 });
    await post('dead-letters/purge', { function: 'few' });
    phases.length = 0;
    const before = ((await house.control('/_lam/v1/events')).json()['few'] as AsyncCounts).completed;
    await get(await accept('few', '1'));
    await get(await accept('few', '"poison"'));
    assert.deepEqual(
      phases.filter((phase) => phase.startsWith('few ')).map((phase) => phase.slice(4)),
      ['accepted', 'run', 'succeeded', 'accepted', 'run', 'failed', 'retried', 'run', 'failed', 'dead'],
    );
    const { few } = (await house.control('/_lam/v1/events')).json() as unknown as Record<string, AsyncCounts>;
    assert.deepEqual([few?.pending, few?.running, few?.dead, (few?.completed ?? 0) - before], [0, 0, 1, 1]);
    assert.deepEqual((await post('dead-letters/count', { function: 'few' })).json(), { count: 1 });
    await post('dead-letters/purge', { function: 'few' });
  });

  test('expire as their function says', async () => {
    await house.publish('hello', { maximumEventAgeMs: 60_000 });
    const { acceptedAt, expiresAt } = await get(await accept('hello', '7'));
    // Accepted a moment after its age was counted.
    const age = expiresAt - acceptedAt;
    assert.ok(age > 30_000 && age <= 60_000, `${age} ms`);
    seen.length = 0;
  });

  test('are refused by shape: unknown states, names, counts, ids and versions', async () => {
    const bad = async (path: string, body?: object): Promise<void> => {
      const answer = body === undefined ? await house.control(`/_lam/v1/${path}`) : await post(path, body);
      assert.deepEqual(codeOf(answer), [400, 'LAM_EDGE_BAD_REQUEST'], path);
    };
    for (const query of ['state=odd', 'function=a/b', 'limit=-1', 'limit=100000', 'after=x'])
      await bad(`invocations?${query}`);
    await bad('invocations/x?wait=99999999');
    await bad('invocations/x/retry', { version: 'one' });
    await bad('dead-letters/purge', { ids: 'x' });
    await bad('dead-letters/redrive', { function: 7 });
    assert.deepEqual(codeOf(await post('invocations/x/cancel')), [404, 'LAM_OPERATIONS_INVOCATION_NOT_FOUND']);
    assert.deepEqual(codeOf(await post('invocations/x/retry')), [404, 'LAM_OPERATIONS_INVOCATION_NOT_FOUND']);
  });
});
