import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { request as send } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { CreateApiKeyAnswer } from '../../src/contract/index.ts';
import { oneToken } from '../../src/edge/index.ts';
import { edgeHouse, WAYS, type Answer, type AskOptions, type EdgeHouse } from '../support/edge-house.ts';
import { CLOSED, ifCode } from '../support/if-code.ts';

/** The part of an event of format 2.0 that authorizers fill. */
function authorizerOf(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.text);
  return (answer.json()['requestContext'] as { readonly authorizer?: unknown }).authorizer;
}

function codeOf(answer: Answer): unknown {
  return answer.json()['code'];
}

const SECRET = 'a secret of the sender';
const signature = (body: string): string => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
const basicOf = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

for (const way of WAYS)
  describe(`routes with auth, through ${way}`, () => {
    let house: EdgeHouse;
    let shop: CreateApiKeyAnswer;
    let partner: CreateApiKeyAnswer;
    before(async () => {
      house = await edgeHouse(
        {
          fails: () => Promise.resolve({ kind: 'error', payload: Buffer.from('{}'), errorType: 'Odd' }),
          old: ({ event }) => {
            const answer = { statusCode: 200, body: Buffer.from(event).toString() };
            return Promise.resolve({ kind: 'result', payload: Buffer.from(JSON.stringify(answer)) });
          },
        },
        { way },
      );
      const { apiKeys } = house.operations;
      shop = await apiKeys.create({ name: 'shop' });
      partner = await apiKeys.create({ name: 'partner' });
      const users = { ada: '${ADA_PASSWORD}', grace: '${GRACE_PASSWORD}' };
      await house.publish('any', {
        environment: { ADA_PASSWORD: 'lovelace:ü', GRACE_PASSWORD: 'hopper', HOOK: SECRET },
        routes: [
          { route: 'GET|POST /keyed', auth: 'api-key', cors: true },
          { route: 'GET /keyed/some', auth: { type: 'api-key', keys: ['shop'], header: 'X-Shop' } },
          { route: 'GET /basic', auth: { type: 'basic', users, realm: 'the "shop"' } },
          { route: 'POST /hook', auth: { type: 'webhook', sender: 'github', secret: '${HOOK}' } },
          { route: 'POST /lost', auth: { type: 'webhook', sender: 'github', secret: ['${HOOK}', '${MISSING}'] } },
          { route: 'GET /open', auth: 'none' },
          { route: 'POST /later', auth: 'api-key', async: true },
          { route: 'GET /files/{file+}', static: '.', auth: 'api-key' },
        ],
      });
      await house.publish('old', { payload: '1.0', routes: [{ route: 'GET /old', auth: 'api-key' }] });
      await house.publish('fails', {
        environment: { HOOK: SECRET },
        routes: [{ route: 'POST /fails', auth: { type: 'webhook', sender: 'github', secret: '${HOOK}' } }],
      });
    });
    after(() => house[Symbol.asyncDispose]());

    const get = (path: string, headers: AskOptions['headers'] = {}): Promise<Answer> => house.ask(path, { headers });
    const post = (path: string, body: string, headers: AskOptions['headers'] = {}): Promise<Answer> =>
      house.ask(path, { method: 'POST', body, headers });

    test('API keys: known ones run the function, which is told whose they are', async () => {
      const answer = await get('/keyed', { 'x-api-key': shop.key });
      assert.deepEqual(authorizerOf(answer), { apiKey: { id: shop.id, name: 'shop' } });
      const old = await get('/old', { 'x-api-key': shop.key });
      assert.deepEqual(authorizerOf(old), { apiKey: { id: shop.id, name: 'shop' } });
    });

    test('API keys: none, an unknown one, one of other routes and a revoked one are refused', async () => {
      const before = house.arrivals();
      for (const headers of [{}, { 'x-api-key': '' }, { 'x-api-key': `${shop.key}x` }, { 'x-api-key': shop.id }]) {
        const answer = await get('/keyed', headers);
        assert.deepEqual([answer.status, codeOf(answer)], [401, 'LAM_ACCESS_UNAUTHENTICATED']);
      }
      const other = await get('/keyed/some', { 'x-shop': partner.key });
      assert.deepEqual([other.status, codeOf(other)], [403, 'LAM_ACCESS_DENIED']);
      assert.equal((await get('/keyed/some', { 'x-shop': shop.key })).status, 200);
      assert.equal(house.arrivals(), before + 1);

      const { apiKeys } = house.operations;
      const trial = await apiKeys.create({ name: 'trial' });
      assert.equal((await get('/keyed', { 'x-api-key': trial.key })).status, 200);
      await apiKeys.revoke('trial');
      assert.equal((await get('/keyed', { 'x-api-key': trial.key })).status, 401);
    });

    test('pages of other origins can read why they are refused, and preflights need no credentials', async () => {
      const origin = 'https://app.example';
      const refused = await get('/keyed', { origin });
      assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [401, '*']);
      const unknown = await get('/keyed', { origin, 'x-api-key': 'x' });
      assert.deepEqual([unknown.status, unknown.headers['access-control-allow-origin']], [401, '*']);
      const preflight = await house.ask('/keyed', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
      });
      assert.deepEqual([preflight.status, preflight.headers['access-control-allow-headers']], [204, 'x-api-key']);
    });

    test('a route that queues its requests refuses those without a key, and the event says whose it was', async () => {
      assert.equal((await post('/later', 'x')).status, 401);
      const accepted = await post('/later', 'x', { 'x-api-key': shop.key });
      assert.equal(accepted.status, 202, accepted.text);
      const id = String(accepted.headers['x-amzn-requestid']);
      const { event } = (await house.control(`/_lam/v1/invocations/${id}/event`)).json();
      const { requestContext } = JSON.parse(String(event)) as { requestContext: { authorizer?: unknown } };
      assert.deepEqual(requestContext.authorizer, { apiKey: { id: shop.id, name: 'shop' } });
    });

    test('static files are for holders of a key, too', async () => {
      assert.equal((await get('/files/index.js')).status, 401);
      assert.equal((await get('/files/index.js', { 'x-api-key': shop.key })).status, 200);
    });

    test('basic: right passwords run the function; others get a challenge', async () => {
      const ada = await get('/basic', { authorization: basicOf('ada', 'lovelace:ü') });
      assert.deepEqual(authorizerOf(ada), { basic: { user: 'ada' } });
      for (const authorization of [
        undefined,
        'Basic',
        'Basic ???',
        `Basic ${Buffer.from('ada').toString('base64')}`,
        basicOf('ada', 'hopper'),
        basicOf('nobody', 'lovelace:ü'),
        basicOf('constructor', ''),
        basicOf('', ''),
        `Bearer ${shop.key}`,
      ]) {
        const answer = await get('/basic', authorization === undefined ? {} : { authorization });
        assert.equal(answer.status, 401, authorization ?? 'none');
        assert.equal(answer.headers['www-authenticate'], `Basic realm="the 'shop'", charset="UTF-8"`);
      }
    });

    test('webhooks: signed ones run the function once; forged, changed and repeated ones are refused', async () => {
      const body = '{"zen":"Keep it logically awesome."}';
      const headers = { 'x-hub-signature-256': signature(body), 'x-github-delivery': 'd1' };
      const before = house.arrivals();
      assert.deepEqual(authorizerOf(await post('/hook', body, headers)), { webhook: { sender: 'github', id: 'd1' } });
      const again = await post('/hook', body, { ...headers, 'x-github-delivery': 'd2' });
      assert.deepEqual([again.status, codeOf(again)], [409, 'LAM_ACCESS_REPLAYED']);
      for (const [sent, given] of [
        [body, {}],
        [`${body} `, headers],
        ['', headers],
        [body, { 'x-hub-signature-256': 'sha256=00' }],
        [body, { 'x-hub-signature': signature(body) }],
      ] as const) {
        const answer = await post('/hook', sent, given);
        assert.deepEqual([answer.status, codeOf(answer)], [401, 'LAM_ACCESS_UNAUTHENTICATED']);
      }
      assert.equal(house.arrivals(), before + 1);
    });

    test('webhooks: what the function failed at may be sent again', async () => {
      const headers = { 'x-hub-signature-256': signature('again') };
      assert.equal((await post('/fails', 'again', headers)).status, 502);
      assert.equal((await post('/fails', 'again', headers)).status, 502);
    });

    test('requests with wrong credentials take nothing of the rate limit', async () => {
      const rate = { rateLimit: 0.001, burst: 1 };
      await house.publish('limited', {
        environment: { HOOK: SECRET },
        routes: [
          { route: 'GET /few', auth: 'api-key', ...rate },
          { route: 'POST /once', auth: { type: 'webhook', sender: 'github', secret: '${HOOK}' }, ...rate },
        ],
      });
      const statuses = async (ask: (key: string) => Promise<Answer>, keys: readonly string[]): Promise<number[]> => {
        const all: number[] = [];
        for (const key of keys) all.push((await ask(key)).status);
        return all;
      };
      const few = (key: string): Promise<Answer> => get('/few', { 'x-api-key': key });
      assert.deepEqual(await statuses(few, ['x', 'y', shop.key, shop.key, 'z']), [401, 401, 200, 429, 401]);
      const once = (body: string): Promise<Answer> => post('/once', body, { 'x-hub-signature-256': signature('a') });
      assert.deepEqual(await statuses(once, ['b', 'c', 'a', 'b']), [401, 401, 200, 401]);
      const other = (): Promise<Answer> => post('/once', 'd', { 'x-hub-signature-256': signature('d') });
      assert.deepEqual(await statuses(other, ['', '']), [429, 429], 'one that was not handled is no replay');
    });

    test('a secret that the function lacks refuses every request and names the variable', async () => {
      const answer = await post('/lost', 'x', { 'x-hub-signature-256': signature('x') });
      assert.deepEqual([answer.status, codeOf(answer)], [500, 'LAM_ACCESS_VARIABLE_MISSING']);
      assert.match(String(answer.json()['hint']), /lam env set any MISSING=VALUE/);
    });

    test('secrets are in no answer about the function', async () => {
      const described = await house.control('/_lam/v1/functions/any');
      assert.match(described.text, /\$\{ADA_PASSWORD\}/);
      assert.ok(!JSON.stringify(described.json()['triggers'] ?? '').includes('lovelace'));
    });

    test("a function's own URL does not bypass its routes", async () => {
      assert.equal((await get('/open')).status, 200);
      for (const path of ['/any', '/any/keyed', '/any@1', '/any:1/x', '/%61ny']) {
        const answer = await get(path, { 'x-api-key': shop.key });
        assert.deepEqual([answer.status, codeOf(answer)], [403, 'LAM_ACCESS_OWN_URL'], path);
        assert.match(String(answer.json()['hint']), /call one of its routes: /);
      }
      assert.equal((await house.control('/any')).status, 200, "the owner's socket");
    });

    test('a header with credentials that comes twice is refused', async () => {
      const duplicate = (name: string, value: string): Promise<string> =>
        house.raw(
          `GET ${name === 'Authorization' ? '/basic' : '/keyed'} HTTP/1.1\r\nHost: localhost\r\n${name}: ${value}\r\n${name}: ${value}\r\nConnection: close\r\n\r\n`,
        );
      assert.match(
        await duplicate('Authorization', basicOf('grace', 'hopper')),
        /^HTTP\/1.1 400 [^]*LAM_ACCESS_DUPLICATE/,
      );
      assert.match(await duplicate('X-Api-Key', shop.key), /^HTTP\/1.1 400 [^]*LAM_ACCESS_DUPLICATE/);
    });
  });

test("the daemon's token opens a function's own URL, which its routes close to others", async () => {
  await using house = await edgeHouse({}, { door: { tokens: oneToken('t0ken') } });
  await house.publish('any', { routes: [{ route: 'GET /keyed', auth: 'api-key' }] });
  assert.equal((await house.ask('/any')).status, 403);
  assert.equal((await house.ask('/any', { headers: { authorization: 'Bearer wrong' } })).status, 403);
  assert.equal((await house.ask('/any', { headers: { authorization: 'Bearer t0ken' } })).status, 200);
});

test('a webhook whose sender left before it ran may be sent again', async () => {
  const held = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const payload = Buffer.from('{"statusCode":204}');
  await using house = await edgeHouse(
    { hook: () => held.promise.then(() => ({ kind: 'result', payload })) },
    { observers: [{ settled: ({ errorType }) => errorType === 'LAM_POOL_CANCELLED' && left.resolve() }] },
  );
  const auth = { type: 'webhook', sender: 'github', secret: '${HOOK}' };
  const environment = { HOOK: SECRET };
  await house.publish('hook', { maxConcurrency: 1, environment, routes: [{ route: 'POST /hook', auth }] });
  const running = house.ask('/hook', { method: 'POST', body: 'a', headers: { 'x-hub-signature-256': signature('a') } });
  await house.arrived(1);
  const headers = { 'x-hub-signature-256': signature('b') };
  const sender = send({ host: '127.0.0.1', port: house.port, path: '/hook', method: 'POST', headers });
  sender.on('error', ifCode(CLOSED, undefined)).end('b');
  await house.arrived(2);
  sender.destroy();
  await left.promise;
  held.resolve();
  assert.equal((await running).status, 204);
  for (const status of [204, 409])
    assert.equal((await house.ask('/hook', { method: 'POST', body: 'b', headers })).status, status);
});

test('a body that is too long is refused before it is checked', async () => {
  await using house = await edgeHouse();
  await house.publish('any', {
    environment: { HOOK: SECRET },
    routes: [{ route: 'POST /hook', auth: { type: 'webhook', sender: 'github', secret: '${HOOK}' } }],
  });
  const body = Buffer.alloc(6 * 1024 * 1024 + 1024 * 1024);
  const headers = { 'x-hub-signature-256': signature('') };
  const answer = await house.ask('/hook', { method: 'POST', body, headers });
  assert.equal(answer.status, 413);
});
