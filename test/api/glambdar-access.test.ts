import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { oneToken } from '../../src/edge/index.ts';
import { edgeHouse, type Answer, type Handlers } from '../support/edge-house.ts';
import { formOf } from '../support/form.ts';
import { zipOf } from '../unit/store/support.ts';

const ZIP = zipOf([{ name: 'index.js', content: 'exports.handler = async (req) => ({ body: req.body });' }]);

/** Answers the request that it was given. */
const handlers: Handlers = {
  echo: ({ event }) =>
    Promise.resolve({ kind: 'result', payload: Buffer.from(`{"body":${Buffer.from(event).toString()}}`) }),
};

function said(answer: Answer): unknown {
  return [answer.status, answer.json()['error']];
}

describe("Glambdar's API with a token", () => {
  test('wants it as X-API-Key or bearer token, and keeps it from functions', async () => {
    await using house = await edgeHouse(handlers, { door: { tokens: oneToken('s3cret') } });
    await house.publish('echo');
    assert.equal((await house.ask('/health')).status, 200);
    for (const headers of [{}, { 'x-api-key': 'wrong' }, { authorization: 'Bearer wrong' }])
      for (const path of ['/info', '/invoke/echo']) assert.equal((await house.ask(path, { headers })).status, 401);
    for (const headers of [{ 'x-api-key': 's3cret' }, { authorization: 'Bearer s3cret' }]) {
      assert.equal((await house.ask('/info', { headers })).status, 200);
      assert.doesNotMatch((await house.ask('/invoke/echo', { headers })).text, /s3cret/);
    }
    const form = formOf([['file', ZIP, 'mine.zip']]);
    assert.equal((await house.ask('/deploy', { method: 'POST', ...form })).status, 401);
    const headers = { ...form.headers, 'x-api-key': 's3cret' };
    assert.equal((await house.ask('/deploy', { method: 'POST', body: form.body, headers })).status, 201);
  });
});

/** Sends a request as another user, and returns the answer's text. */
async function asNobody(port: number, request: string): Promise<string> {
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf '%b' "$1" >&3; cat <&3`;
  const child = spawn('/bin/bash', ['-c', script, 'bash', request.replaceAll('\r\n', '\\r\\n')], {
    uid: 65_534,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString();
}

test(
  "Glambdar's API lets other users of the machine invoke functions, but neither change them nor read about them",
  { skip: process.getuid?.() === 0 ? false : 'only root can be another user' },
  async () => {
    await using house = await edgeHouse(handlers);
    await house.publish('echo');
    const ask = (method: string, path: string): Promise<string> =>
      asNobody(house.port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    for (const [method, path] of [
      ['DELETE', '/del/echo'],
      ['POST', '/config/echo'],
      ['POST', '/deploy'],
      ['GET', '/auth/keys'],
      ['GET', '/info'],
      ['GET', '/logs/echo'],
    ] as const) {
      const answer = await ask(method, path);
      assert.match(answer, /^HTTP\/1\.1 403 /, path);
      assert.match(answer, /LAM_EDGE_FOREIGN_USER/);
    }
    assert.match(await ask('GET', '/invoke/echo'), /^HTTP\/1\.1 200 /);
  },
);

describe("the keys of Glambdar's API", () => {
  const ALLOWED: Readonly<Record<string, readonly string[]>> = {
    admin: ['deploy', 'invoke', 'info', 'logs', 'config', 'auth'],
    deployer: ['deploy', 'invoke', 'info', 'logs', 'config'],
    invoker: ['invoke', 'info', 'logs'],
    viewer: ['info', 'logs'],
  };
  const REQUESTS: Readonly<Record<string, readonly [method: string, path: string, route: string]>> = {
    deploy: ['POST', '/deploy', '/deploy'],
    invoke: ['PUT', '/invoke/echo', '/invoke/:name'],
    info: ['GET', '/info/echo', '/info/:name'],
    logs: ['GET', '/logs/echo', '/logs/:name'],
    config: ['POST', '/config/echo', '/config/:name'],
    auth: ['GET', '/auth/keys', '/auth/keys'],
  };

  test('are wanted once there is one, and each allows what its role does', async () => {
    await using house = await edgeHouse(handlers);
    await house.publish('echo');
    const create = (body: unknown, key?: string): Promise<Answer> =>
      house.ask('/auth/keys', {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(key === undefined ? {} : { headers: { 'x-api-key': key } }),
      });
    const first = await create({ name: 'boss', role: 'admin' });
    const admin = String(first.json()['apiKey']);
    assert.deepEqual([first.status, first.json()], [201, { name: 'boss', role: 'admin', apiKey: admin }]);
    assert.deepEqual(said(await create({ name: 'x', role: 'viewer' })), [401, 'missing API key']);
    assert.deepEqual(said(await create({ name: 'x', role: 'viewer' }, 'wrong')), [401, 'invalid API key']);
    for (const [role, actions] of Object.entries(ALLOWED)) {
      const { apiKey } = (await create({ name: `a-${role}`, role }, admin)).json();
      for (const [action, [method, path, route]] of Object.entries(REQUESTS)) {
        const answer = await house.ask(path, { method, headers: { 'x-api-key': String(apiKey) } });
        const refused = [403, `insufficient permissions: ${role} cannot ${method} ${route}`];
        if (actions.includes(action)) assert.ok(answer.status < 401, `${role} ${action} ${answer.text}`);
        else assert.deepEqual(said(answer), refused);
      }
      assert.doesNotMatch((await house.ask('/invoke/echo', { headers: { 'x-api-key': String(apiKey) } })).text, /lam_/);
    }
    assert.deepEqual(said(await create({ name: 'boss', role: 'viewer' }, admin)), [
      409,
      'a key with this name already exists',
    ]);
    for (const bad of ['', '{', '[]', '{"name":"x"}', '{"role":"admin"}', '{"name":5,"role":"admin"}'])
      assert.deepEqual(said(await create(bad, admin)), [400, 'invalid request: name and role are required']);
    assert.deepEqual(said(await create({ name: 'x', role: 'king' }, admin)), [400, 'invalid role: "king"']);
    assert.equal((await create({ name: 'n'.repeat(65), role: 'viewer' }, admin)).status, 400);
  });

  test('are listed, changed and revoked by their number, and every use is in the audit', async () => {
    await using house = await edgeHouse(handlers, { door: { tokens: oneToken('s3cret') } });
    await house.publish('echo');
    const root = { 'x-api-key': 's3cret' };
    const ask = (method: string, path: string, body = ''): Promise<Answer> =>
      house.ask(path, { method, headers: root, ...(body === '' ? {} : { body }) });
    const made = (await ask('POST', '/auth/keys', '{"name":"one","role":"viewer"}')).json();
    await house.operations.apiKeys.create({ name: 'of-a-route' });
    const { keys } = (await ask('GET', '/auth/keys')).json() as { keys: Record<string, unknown>[] };
    const [{ id, createdAt, ...listed } = {}] = keys;
    const keyPrefix = String(made['apiKey']).slice(0, 8);
    assert.deepEqual([keys.length, listed], [1, { keyPrefix, name: 'one', role: 'viewer', isRoot: false }]);
    assert.ok(Math.abs(Date.parse(String(createdAt)) - Date.now()) < 60_000);
    const headers = { 'x-api-key': String(made['apiKey']) };
    assert.equal((await house.ask('/invoke/echo', { headers })).status, 403);
    const changed = await ask('PATCH', `/auth/keys/${String(id)}`, '{"role":"invoker"}');
    assert.deepEqual(changed.json(), { id, name: 'one', role: 'invoker', status: 'updated' });
    assert.equal((await house.ask('/invoke/echo', { headers })).status, 200);
    assert.deepEqual(said(await ask('PATCH', `/auth/keys/${String(id)}`, '{}')), [
      400,
      'invalid request: role is required',
    ]);
    assert.deepEqual(said(await ask('PATCH', '/auth/keys/x', '{"role":"viewer"}')), [400, 'invalid key ID']);
    assert.deepEqual(said(await ask('DELETE', '/auth/keys/7')), [404, 'key not found']);
    const revoked = await ask('DELETE', `/auth/keys/${String(id)}`);
    assert.deepEqual(revoked.json(), { id, name: 'one', status: 'revoked' });
    assert.deepEqual(said(await house.ask('/invoke/echo', { headers })), [401, 'invalid API key']);
    const { logs } = (await ask('GET', '/auth/audit')).json() as { logs: Record<string, unknown>[] };
    const called = logs.find(({ actorName }) => actorName === 'one');
    assert.deepEqual(
      [called?.['actorRole'], called?.['action'], called?.['method'], called?.['path'], called?.['status']],
      ['invoker', 'invoke', 'GET', '/invoke/echo', 200],
    );
    assert.deepEqual([logs[0]?.['action'], logs[0]?.['method'], logs[0]?.['status']], ['auth', 'DELETE', 200]);
  });

  test('are none of routes, whose keys are none of the API', async () => {
    await using house = await edgeHouse(handlers);
    await house.publish('echo', { routes: [{ route: 'GET /mine', auth: 'api-key' }] });
    const route = await house.operations.apiKeys.create({ name: 'route' });
    assert.equal((await house.ask('/info')).status, 200);
    const role = await house.operations.apiKeys.create({ name: 'role', role: 'admin' });
    const status = async (path: string, key: string): Promise<number> =>
      (await house.ask(path, { headers: { 'x-api-key': key } })).status;
    assert.deepEqual([await status('/mine', route.key), await status('/mine', role.key)], [200, 401]);
    assert.deepEqual([await status('/info', route.key), await status('/info', role.key)], [401, 200]);
    await assert.rejects(house.operations.apiKeys.create({ name: 'both', role: 'viewer', quota: 5 }));
    await assert.rejects(house.operations.apiKeys.update('route', { scopes: ['admin'] }));
    await assert.rejects(house.operations.apiKeys.update('role', { quota: 5 }));
  });
});
