import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';
import type { MemoryCall } from '../support/memory-driver.ts';

type Event = Readonly<Record<string, unknown>>;

/** A daemon whose routes ask a function, which answers as `decide` says. */
async function lambdaHouse(decide: (event: Event) => unknown, auth: Event = {}) {
  const asked: Event[] = [];
  const authorizer = ({ event }: MemoryCall): Promise<InvokeOutcome> => {
    const parsed = JSON.parse(Buffer.from(event).toString()) as Event;
    asked.push(parsed);
    const answer = decide(parsed);
    return Promise.resolve(
      answer instanceof Error
        ? { kind: 'error', payload: Buffer.from('{}'), errorType: 'Odd' }
        : { kind: 'result', payload: Buffer.from(JSON.stringify(answer) ?? '') },
    );
  };
  const house = await edgeHouse({ authorizer });
  await house.publish('authorizer');
  await house.publish('any', {
    routes: ['GET /things/{id}', 'DELETE /things/{id}'].map((route) => ({
      route,
      auth: { type: 'lambda', function: 'authorizer', ...auth },
    })),
  });
  const ask = (path: string, authorization?: string, method = 'GET'): Promise<Answer> =>
    house.ask(path, { method, headers: authorization === undefined ? {} : { authorization } });
  return { house, asked, ask, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
}

function authorizerOf(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.text);
  return (answer.json()['requestContext'] as { readonly authorizer?: unknown }).authorizer;
}

const codeOf = (answer: Answer): unknown => answer.json()['code'];

describe('routes with auth: lambda', () => {
  test('the function gets a request in format 2.0, and its context reaches the function behind it', async () => {
    await using all = await lambdaHouse(() => ({ isAuthorized: true, context: { tier: 'gold', limits: [1] } }));
    const answer = await all.ask('/things/7?x=1', 'token');
    assert.deepEqual(authorizerOf(answer), { lambda: { tier: 'gold', limits: [1] } });
    const [event = {}] = all.asked;
    const { requestContext, headers, ...rest } = event;
    assert.deepEqual(rest, {
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:us-east-1:000000000000:any/$default/GET/things/7',
      identitySource: ['token'],
      routeKey: 'GET /things/{id}',
      rawPath: '/things/7',
      rawQueryString: 'x=1',
      queryStringParameters: { x: '1' },
      pathParameters: { id: '7' },
      stageVariables: {},
    });
    assert.equal((headers as Record<string, string>)['authorization'], 'token');
    assert.equal((requestContext as { readonly http: { readonly method: string } }).http.method, 'GET');
  });

  test('an answer is used again for the same request and identity, a refusal as well', async () => {
    await using all = await lambdaHouse(({ identitySource }) => ({
      isAuthorized: (identitySource as readonly string[])[0] === 'good',
    }));
    for (let n = 0; n < 3; n++) {
      assert.equal((await all.ask('/things/7', 'good')).status, 200);
      const bad = await all.ask('/things/7', 'bad');
      assert.deepEqual([bad.status, codeOf(bad)], [403, 'LAM_ACCESS_DENIED']);
    }
    assert.equal(all.asked.length, 2);
    await all.ask('/things/8', 'good');
    await all.ask('/things/7', 'good', 'DELETE');
    assert.equal(all.asked.length, 4, 'another path and another method are asked for');
  });

  test('an answer for one host name is not used for another', async () => {
    await using all = await lambdaHouse(({ headers }) => ({
      isAuthorized: (headers as Record<string, string>)['host'] === 'a.localhost',
    }));
    const from = (host: string): Promise<Answer> =>
      all.house.ask('/things/7', { headers: { host, authorization: 'good' } });
    assert.equal((await from('a.localhost')).status, 200);
    assert.equal((await from('b.localhost')).status, 403);
    assert.equal((await from('A.localhost')).status, 403, 'the function sees the name as it was sent');
  });

  test('a query parameter with the identity that comes twice is refused', async () => {
    await using all = await lambdaHouse(() => ({ isAuthorized: true }), {
      identitySource: ['$request.querystring.user'],
    });
    assert.equal((await all.ask('/things/7?user=ada')).status, 200);
    for (const query of ['user=ada&user=root', 'user=ada&%75ser=root']) {
      const answer = await all.ask(`/things/7?${query}`);
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'LAM_ACCESS_DUPLICATE'], query);
    }
    assert.equal(all.asked.length, 1);
  });

  test('with ttl 0 each request is decided anew', async () => {
    await using all = await lambdaHouse(() => ({ isAuthorized: true }), { ttl: 0 });
    await all.ask('/things/7', 'x');
    await all.ask('/things/7', 'x');
    assert.equal(all.asked.length, 2);
  });

  test('without an identity source the function is not asked', async () => {
    await using all = await lambdaHouse(() => ({ isAuthorized: true }), {
      identitySource: ['$request.header.X-Tenant', '$request.querystring.user'],
    });
    assert.equal((await all.ask('/things/7?user=ada')).status, 401);
    assert.equal((await all.house.ask('/things/7', { headers: { 'x-tenant': 't' } })).status, 401);
    assert.equal(all.asked.length, 0);
    const both = await all.house.ask('/things/7?user=ada', { headers: { 'x-tenant': 't' } });
    assert.equal(both.status, 200);
    assert.deepEqual(all.asked[0]?.['identitySource'], ['t', 'ada']);
  });

  test('an IAM policy is matched with the method and the path', async () => {
    const policy = (...statements: readonly Event[]) => ({
      principalId: 'ada',
      policyDocument: { Version: '2012-10-17', Statement: statements },
      context: { a: 1 },
    });
    const allow = (Resource: unknown, Action: unknown = 'execute-api:Invoke') => ({
      Effect: 'Allow',
      Action,
      Resource,
    });
    const deny = (Resource: unknown) => ({ ...allow(Resource), Effect: 'Deny' });
    const answers: Readonly<Record<string, unknown>> = {
      all: policy(allow('*', 'execute-api:*')),
      reads: policy(allow(['arn:aws:execute-api:*:*:any/*/GET/*'])),
      one: policy(allow('arn:aws:execute-api:*:*:any/*/GET/things/7'), deny('*/things/8')),
      denied: policy(allow('*'), deny('*/things/*')),
      other: policy(allow('*', 's3:GetObject')),
      empty: policy(),
    };
    await using all = await lambdaHouse(
      ({ identitySource }) => answers[(identitySource as readonly string[])[0] ?? ''],
    );
    const statuses = async (identity: string): Promise<readonly number[]> => {
      const asked = [
        await all.ask('/things/7', identity),
        await all.ask('/things/8', identity),
        await all.ask('/things/7', identity, 'DELETE'),
      ];
      return asked.map(({ status }) => status);
    };
    assert.deepEqual(await statuses('all'), [200, 200, 200]);
    assert.deepEqual(await statuses('reads'), [200, 200, 403]);
    assert.deepEqual(await statuses('one'), [200, 403, 403]);
    for (const identity of ['denied', 'other', 'empty']) assert.deepEqual(await statuses(identity), [403, 403, 403]);
    assert.deepEqual(authorizerOf(await all.ask('/things/7', 'all')), { lambda: { a: 1 } });
  });

  test('a function that fails, answers nonsense or does not exist lets nobody in, and is asked again', async () => {
    const nonsense = [new Error('odd'), null, 'yes', { isAuthorized: 'true' }, {}, { isAuthorized: true, context: 1 }];
    const policies = [{ policyDocument: { Statement: { Effect: 'Allow', Action: '*' } } }];
    const conditions = [
      { policyDocument: { Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: { Bool: {} } } } },
    ];
    let n = 0;
    const all = [...nonsense, ...policies, ...conditions];
    await using house = await lambdaHouse(() => all[n++]);
    const before = house.house.arrivals();
    for (const _ of all) {
      const answer = await house.ask('/things/7', 'same');
      assert.deepEqual([answer.status, codeOf(answer)], [500, 'LAM_ACCESS_AUTHORIZER_FAILED'], `answer ${n - 1}`);
    }
    assert.equal(house.asked.length, all.length);
    assert.equal(house.house.arrivals() - before, all.length, 'the function behind it never ran');

    await using lost: EdgeHouse = await edgeHouse();
    await lost.publish('any', { routes: [{ route: 'GET /x', auth: { type: 'lambda', function: 'nowhere' } }] });
    const answer = await lost.ask('/x', { headers: { authorization: 'x' } });
    assert.deepEqual([answer.status, codeOf(answer)], [500, 'LAM_ACCESS_AUTHORIZER_FAILED']);
  });

  test('requests with the same identity that come at once share one run', async () => {
    await using all = await lambdaHouse(() => ({ isAuthorized: true }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => all.ask('/things/7', 'x')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(all.asked.length, 1);
  });

  test('a function that is its own authorizer does not run for ever', async () => {
    await using house = await edgeHouse({
      any: () => Promise.resolve({ kind: 'result', payload: Buffer.from('{"isAuthorized":true}') }),
    });
    await house.publish('any', { routes: [{ route: 'GET /x', auth: { type: 'lambda', function: 'any' } }] });
    assert.equal((await house.ask('/x', { headers: { authorization: 'x' } })).status, 200);
    assert.equal(house.arrivals(), 2);
  });
});
