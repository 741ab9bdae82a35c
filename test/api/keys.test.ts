import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import type { AuditEntry, CreateApiKeyAnswer, CreateApiKeyRequest } from '../../src/contract/index.ts';
import { oneToken } from '../../src/edge/index.ts';
import { formOf } from '../support/form.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';
import { zipOf } from '../unit/store/support.ts';

const ZIP = zipOf([{ name: 'index.js', content: 'exports.handler = async () => 1;' }]);

function codeOf(answer: Answer): string {
  const body = answer.json();
  const error = body['error'] as { code?: string } | undefined;
  return error?.code ?? String(body['code']);
}

async function newKey(house: EdgeHouse, request: CreateApiKeyRequest): Promise<CreateApiKeyAnswer> {
  const answer = await house.control('/_lam/v1/keys', { method: 'POST', body: JSON.stringify(request) });
  assert.equal(answer.status, 200, answer.text);
  return answer.json() as unknown as CreateApiKeyAnswer;
}

/** The audit log from its end, without times and ports, as one line each. */
async function noted(house: EdgeHouse, query = ''): Promise<readonly string[]> {
  const { text } = await house.control(`/_lam/v1/audit${query}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { who, api, operation, function: name, target, from, outcome, code } = JSON.parse(line) as AuditEntry;
      const address = from.replace(/:\d+$/, '');
      return [outcome, who.kind, api, operation, name, target, code, address]
        .filter((part) => part !== undefined)
        .join(' ');
    });
}

describe('keys at lam’s own API on the port', () => {
  let house: EdgeHouse;
  let key: CreateApiKeyAnswer;
  before(async () => {
    house = await edgeHouse();
    for (const name of ['orders-in', 'orders-out', 'users']) await house.publish(name);
    key = await newKey(house, { name: 'ci', scopes: ['deploy', 'read'], functions: ['orders-*'] });
  });
  after(() => house[Symbol.asyncDispose]());
  const ask = (method: string, path: string, body?: unknown, text = key.key): Promise<Answer> =>
    house.ask(`/_lam/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${text}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  test('are taken as bearer token and as X-API-Key; others are refused', async () => {
    assert.equal((await ask('GET', 'functions/orders-in')).status, 200);
    assert.match((await ask('GET', 'functions/users')).text, /'ci' does not allow functions\.get of 'users'/);
    const other = await house.ask('/_lam/v1/functions/orders-in', { headers: { 'x-api-key': key.key } });
    assert.equal(other.status, 200);
    const wrong = await ask('GET', 'functions', undefined, 'lam_wrong');
    assert.deepEqual([wrong.status, codeOf(wrong)], [401, 'LAM_EDGE_KEY_REFUSED']);
    const none = await house.ask('/_lam/v1/functions');
    assert.deepEqual([none.status, codeOf(none)], [401, 'LAM_EDGE_KEY_REFUSED']);
  });

  test('reach their functions alone, and lists have no others', async () => {
    const listed = (await ask('GET', 'functions')).json() as unknown as { name: string }[];
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['orders-in', 'orders-out'],
    );
    for (const [method, path, body] of [
      ['GET', 'functions/users'],
      ['DELETE', 'functions/users'],
      ['PATCH', 'functions/users/config', { set: { memoryMiB: 256 } }],
      ['GET', 'functions/users/logs'],
      ['POST', 'functions/users/rollback', {}],
      // Nobody learns whether a function exists that the key does not reach.
      ['GET', 'functions/nobody'],
    ] as const) {
      const refused = await ask(method, path, body);
      assert.deepEqual([refused.status, codeOf(refused)], [403, 'LAM_OPERATIONS_NOT_ALLOWED'], path);
    }
    assert.equal((await ask('PATCH', 'functions/orders-in/config', { set: { memoryMiB: 256 } })).status, 200);
    assert.equal((await ask('GET', 'functions/orders-nobody')).status, 404);
  });

  test('do what their scopes say, and what is about all functions only without a limit', async () => {
    for (const [method, path, body] of [
      ['GET', 'keys'],
      ['POST', 'keys', { name: 'more', scopes: ['admin'] }],
      ['POST', 'gc', {}],
      ['POST', 'stop', {}],
      ['GET', 'audit'],
      ['DELETE', 'layers/shared/1'],
      ['GET', 'df'],
      ['POST', 'dead-letters/purge', {}],
    ] as const) {
      const refused = await ask(method, path, body);
      assert.deepEqual([refused.status, codeOf(refused)], [403, 'LAM_OPERATIONS_NOT_ALLOWED'], path);
    }
    assert.equal(house.stops(), 0);
    const admin = await newKey(house, { name: 'root', role: 'admin' });
    assert.equal((await ask('GET', 'keys', undefined, admin.key)).status, 200);
    assert.equal((await ask('DELETE', 'keys/root', undefined, admin.key)).status, 200);
    assert.equal((await ask('GET', 'keys', undefined, admin.key)).status, 401, 'revoked from the next request on');
  });

  test('see asynchronous invocations of their functions alone', async () => {
    const accepted = async (name: string): Promise<string> => {
      const answer = await house.control(`/2015-03-31/functions/${name}/invocations`, {
        method: 'POST',
        headers: { 'x-amz-invocation-type': 'Event' },
        body: '{}',
      });
      return String(answer.headers['x-amzn-requestid']);
    };
    const [own, other] = [await accepted('orders-in'), await accepted('users')];
    assert.equal((await ask('GET', `invocations/${own}?wait=5000`)).status, 200);
    const refused = await ask('GET', `invocations/${other}?wait=5000`);
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'LAM_OPERATIONS_NOT_ALLOWED']);
    const { invocations } = (await ask('GET', 'invocations')).json() as { invocations: { functionName: string }[] };
    assert.deepEqual(
      invocations.map(({ functionName }) => functionName),
      ['orders-in'],
    );
  });

  test('change from the next request on, and end in time', async () => {
    const made = await newKey(house, { name: 'short', scopes: ['read'], lifetimeMs: 90_000 });
    assert.equal((made.expiresAt ?? 0) - made.createdAt, 90_000);
    assert.equal((await ask('GET', 'functions/users', undefined, made.key)).status, 200);
    const patch = (change: object): Promise<Answer> =>
      house.control('/_lam/v1/keys/short', { method: 'PATCH', body: JSON.stringify(change) });
    assert.deepEqual((await patch({ functions: ['orders-in'], lifetimeMs: 60_000 })).json()['functions'], [
      'orders-in',
    ]);
    assert.equal((await ask('GET', 'functions/users', undefined, made.key)).status, 403);
    assert.equal((await patch({ functions: ['*'] })).status, 200);
    assert.equal((await ask('GET', 'functions/users', undefined, made.key)).status, 200);
    for (const [bad, code] of [
      [{ scopes: [] }, 'LAM_OPERATIONS_INVALID_VALUE'],
      [{ scopes: ['king'] }, 'LAM_EDGE_BAD_REQUEST'],
      [{ functions: ['a b'] }, 'LAM_OPERATIONS_INVALID_VALUE'],
      [{ functions: ['*x'] }, 'LAM_OPERATIONS_INVALID_VALUE'],
      [{ functions: ['x'], scopes: ['admin'] }, 'LAM_OPERATIONS_INVALID_VALUE'],
      [{ quota: 5 }, 'LAM_OPERATIONS_INVALID_VALUE'],
      [{ lifetimeMs: 1 }, 'LAM_OPERATIONS_INVALID_VALUE'],
      [{}, 'LAM_EDGE_BAD_REQUEST'],
    ] as const)
      assert.equal(codeOf(await patch(bad)), code, JSON.stringify(bad));
    assert.deepEqual(house.operations.apiKeys.list().find(({ name }) => name === 'short')?.functions, []);
  });
});

test('an expired key is refused by every API', async () => {
  await using house = await edgeHouse();
  await house.publish('orders');
  const key = await newKey(house, { name: 'gone', scopes: ['invoke', 'read'] });
  const headers = { 'x-api-key': key.key };
  assert.equal((await house.ask('/info', { headers })).status, 200);
  const { expiresAt } = await house.operations.apiKeys.update('gone', { lifetimeMs: 1000 });
  // The clock of the house is the system's.
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, (expiresAt ?? 0) - Date.now()) + 1));
  assert.equal((await house.ask('/info', { headers })).status, 401);
  assert.equal((await house.ask('/invoke/orders', { headers })).status, 401);
  assert.equal((await house.ask('/_lam/v1/functions', { headers })).status, 401);
});

test("Glambdar's API reaches the functions of a key alone", async () => {
  await using house = await edgeHouse();
  for (const name of ['orders', 'users']) await house.publish(name);
  const key = await newKey(house, { name: 'ci', role: 'deployer', functions: ['orders', 'mine*'] });
  const headers = { 'x-api-key': key.key };
  const status = async (method: string, path: string): Promise<number> =>
    (await house.ask(path, { method, headers, ...(method === 'POST' ? { body: '{"rateLimit":5}' } : {}) })).status;
  assert.deepEqual((await house.ask('/info', { headers })).json()['count'], 1);
  assert.deepEqual([await status('GET', '/info/orders'), await status('GET', '/info/users')], [200, 403]);
  assert.deepEqual([await status('GET', '/invoke/orders'), await status('GET', '/invoke/users')], [200, 403]);
  assert.deepEqual([await status('POST', '/config/orders'), await status('POST', '/config/users')], [200, 403]);
  assert.deepEqual([await status('GET', '/logs/orders'), await status('GET', '/logs/users')], [200, 403]);
  const deploy = async (name: string): Promise<number> => {
    const form = formOf([['file', ZIP, `${name}.zip`]]);
    return (await house.ask('/deploy', { method: 'POST', body: form.body, headers: { ...form.headers, ...headers } }))
      .status;
  };
  assert.deepEqual([await deploy('mine-1'), await deploy('theirs')], [201, 400]);
  assert.equal(house.registry.has('theirs' as never), false);
  assert.deepEqual([await status('DELETE', '/del/users'), await status('DELETE', '/del/orders')], [403, 200]);
});

describe('the audit log', () => {
  test('holds changes and refusals by every API, and who made them from where, but no secrets', async () => {
    await using house = await edgeHouse({}, { door: { tokens: oneToken('s3cret') } });
    await house.publish('orders', { routes: [{ route: 'GET /mine', auth: 'api-key' }] });
    const key = await newKey(house, { name: 'ci', scopes: ['deploy'], functions: ['orders'] });
    const ask = (path: string, text: string, method = 'GET', body?: string): Promise<Answer> =>
      house.ask(path, {
        method,
        headers: { authorization: `Bearer ${text}` },
        ...(body === undefined ? {} : { body }),
      });
    await ask('/_lam/v1/functions/orders/config', key.key, 'PATCH', '{"setEnvironment":{"PASSWORD":"hunter2"}}');
    await ask('/_lam/v1/functions/orders/aliases/live', key.key, 'PUT', '{"version":99}');
    await ask('/_lam/v1/functions/users', key.key, 'DELETE');
    await ask('/_lam/v1/functions?secret=query', 'wrong');
    await ask('/invoke/orders', key.key);
    await ask('/config/orders', 's3cret', 'POST', '{"rateLimit":5}');
    await house.ask('/mine?token=query', { headers: { 'x-api-key': 'wrong' } });
    await house.ask('/mine');
    const all = await noted(house);
    assert.deepEqual(all, [
      'done socket control versions.publish orders version 1 socket',
      'done socket control apiKeys.create key ci socket',
      'done key control config.patch orders version 2 127.0.0.1',
      'failed key control aliases.set orders alias live LAM_REGISTRY_VERSION_NOT_FOUND 127.0.0.1',
      'refused key control functions.remove users LAM_OPERATIONS_NOT_ALLOWED 127.0.0.1',
      'refused unknown control GET /_lam/v1/functions LAM_EDGE_KEY_REFUSED 127.0.0.1',
      'refused key glambdar invoke orders LAM_EDGE_ROLE_REFUSED 127.0.0.1',
      'done token glambdar config.patch orders version 2 127.0.0.1',
      'refused unknown functions GET /mine orders LAM_ACCESS_UNAUTHENTICATED 127.0.0.1',
      'refused unknown functions GET /mine orders LAM_ACCESS_UNAUTHENTICATED 127.0.0.1',
    ]);
    const raw = readFileSync(join(house.paths.audit, 'audit.jsonl'), 'utf8');
    assert.doesNotMatch(raw, /hunter2|s3cret|wrong|query|lam_/);
    assert.equal((await noted(house, '?key=ci')).length, 4);
    assert.equal((await noted(house, '?outcome=refused&function=users')).length, 1);
    assert.equal((await noted(house, '?lines=1'))[0], all.at(-1));
    assert.deepEqual(await noted(house, `?since=${Date.now() + 60_000}`), []);
    for (const bad of ['?outcome=odd', '?since=yesterday', '?lines=-1'])
      assert.equal((await house.control(`/_lam/v1/audit${bad}`)).status, 400);
  });

  test('is followed, each entry once', async () => {
    await using house = await edgeHouse();
    await newKey(house, { name: 'a' });
    const { socketPath } = house;
    const asked = request({ socketPath, path: '/_lam/v1/audit?follow=1', headers: { host: 'localhost' } });
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> =>
      (JSON.parse(String((await lines.next()).value)) as AuditEntry).target;
    assert.equal(await next(), 'key a');
    await newKey(house, { name: 'b' });
    assert.equal(await next(), 'key b');
    await newKey(house, { name: 'c' });
    assert.equal(await next(), 'key c');
    response.destroy();
  });

  test('does not hold what changes nothing', async () => {
    await using house = await edgeHouse();
    await house.publish('orders');
    const before = (await noted(house)).length;
    await house.control('/_lam/v1/functions');
    await house.ask('/orders', { method: 'POST', body: '{}' });
    await house.control('/_lam/v1/gc', { method: 'POST', body: '{"dryRun":true}' });
    assert.equal((await noted(house)).length, before);
    assert.deepEqual(readdirSync(house.paths.audit), ['audit.jsonl']);
  });
});
