import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Status } from '../../src/contract/index.ts';
import { lamSession } from './session.ts';

const SECRET = 'the secret of the tokens of this test';
const HANDLER = 'exports.handler = async (event) => event.requestContext.authorizer ?? {};\n';
const PROJECT = `name: orders
runtime: nodejs
http: { auth: api-key }
routes:
  - GET /keyed
  - { route: GET /open, auth: none }
  - route: GET /token
    auth: { type: jwt, issuer: me, audience: orders, secret: "\${JWT_SECRET}" }
`;

function token(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

describe('auth in lam.yaml', () => {
  test('keys, tokens and the open route work as deployed, over a restart, and secrets are not shown', async () => {
    await using s = await lamSession({ driver: 'process' });
    const cwd = s.files('orders', { 'lam.yaml': PROJECT, 'index.js': HANDLER });
    assert.match(
      (await s.ok(['deploy'], { cwd })).stdout,
      /^orders v1 live in .* {2}GET http:\S+\/keyed \(2 more: lam describe orders\)\n$/,
    );
    assert.match(
      (await s.ok(['describe', 'orders'])).stdout,
      /^url: +GET http:\S+\/keyed\n +GET http:\S+\/open\n +GET http:\S+\/token\n/m,
    );
    await s.ok(['env', 'set', 'orders', `JWT_SECRET=${SECRET}`]);
    const key = (await s.ok(['key', 'create', 'shop'])).stdout.trim();
    const ask = async (path: string, headers: Record<string, string> = {}): Promise<readonly [number, string]> => {
      const { url } = await s.json<Status>(['status']);
      const answer = await fetch(`${url}${path}`, { headers });
      return [answer.status, await answer.text()];
    };
    const claims = { iss: 'me', aud: 'orders', sub: 'ada', exp: Math.floor(Date.now() / 1000) + 3600 };
    const check = async (): Promise<void> => {
      assert.equal((await ask('/open'))[0], 200);
      assert.equal((await ask('/keyed'))[0], 401);
      assert.match((await ask('/keyed', { 'x-api-key': key }))[1], /"name":"shop"/);
      assert.match((await ask('/token', { authorization: `Bearer ${token(claims)}` }))[1], /"sub":"ada"/);
      assert.equal((await ask('/token', { authorization: `Bearer ${token({ ...claims, exp: 1 })}` }))[0], 401);
      assert.equal((await ask('/orders'))[0], 403);
    };
    await check();
    await s.ok(['restart']);
    await check();
    await s.ok(['key', 'revoke', 'shop']);
    assert.equal((await ask('/keyed', { 'x-api-key': key }))[0], 401);
    for (const words of [
      ['describe', 'orders', '--json'],
      ['describe', 'orders'],
      ['route', 'list', '--json'],
      ['list', '--json'],
    ]) {
      const { stdout } = await s.ok(words);
      assert.ok(!stdout.includes(SECRET) && !stdout.includes(key), words.join(' '));
    }
  });

  test('a route is added with auth live, and a scheme that does not exist is refused with those that do', async () => {
    await using s = await lamSession({ driver: 'process' });
    const cwd = s.files('orders', { 'lam.yaml': 'name: orders\nruntime: nodejs\n', 'index.js': HANDLER });
    await s.ok(['deploy'], { cwd });
    await s.ok(['env', 'set', 'orders', 'PASSWORD=lovelace']);
    const users = '{"type":"basic","users":{"ada":"${PASSWORD}"}}';
    await s.ok(['route', 'add', 'GET /live', 'orders', '--auth', users]);
    const { url } = await s.json<Status>(['status']);
    const authorization = `Basic ${Buffer.from('ada:lovelace').toString('base64')}`;
    assert.equal((await fetch(`${url}/live`)).status, 401);
    assert.equal((await fetch(`${url}/live`, { headers: { authorization } })).status, 200);
    const unknown = await s.run(['route', 'add', 'GET /other', 'orders', '--auth', 'apikey']);
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.stderr, /'apikey'; there are none, api-key, jwt, webhook, basic, lambda/);
    const cut = await s.run(['route', 'add', 'GET /other', 'orders', '--auth', '{"type"']);
    assert.deepEqual([cut.code, /is not JSON/.test(cut.stderr)], [2, true]);
  });

  test('a setting that cannot work is refused with its place, before anything is deployed', async () => {
    await using s = await lamSession({ driver: 'process' });
    const bad = PROJECT.replace('"${JWT_SECRET}"', 'hunter2');
    const cwd = s.files('orders', { 'lam.yaml': bad, 'index.js': HANDLER });
    const run = await s.run(['deploy'], { cwd });
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, /the route 'GET \/token' has auth that has a secret in plain text; write \$\{NAME\}/);
    assert.match(run.stderr, /lam\.yaml' is not valid:\n +7:5 /);
  });
});
