import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { edgeHouse, WAYS, type Answer, type EdgeHouse } from '../support/edge-house.ts';

const APP = 'https://app.example';

for (const way of WAYS)
  describe(`routes for pages of other origins, through ${way}`, () => {
    let house: EdgeHouse;
    before(async () => {
      const own =
        '{"statusCode":200,"headers":{"access-control-allow-origin":"https://evil.example","Access-Control-Max-Age":"1","vary":"Accept"},"body":"own"}';
      house = await edgeHouse(
        {
          own: () => Promise.resolve({ kind: 'result', payload: Buffer.from(own) }),
          fails: () => Promise.resolve({ kind: 'error', payload: Buffer.from('{}'), errorType: 'Odd' }),
        },
        { way },
      );
      await house.publish('any', { routes: [{ route: 'GET|POST /any', cors: true }, 'DELETE /any', 'GET /plain'] });
      await house.publish('own', {
        routes: [
          {
            route: 'ANY /own',
            cors: {
              origins: [APP, 'https://*.shop.example'],
              headers: ['X-Token'],
              exposeHeaders: ['X-Total'],
              credentials: true,
              maxAge: 600,
            },
          },
          { route: 'OPTIONS /asked' },
          { route: 'GET /asked', cors: false },
        ],
      });
      await house.publish('fails', { routes: [{ route: 'GET /fails', cors: true }] });
    });
    after(() => house[Symbol.asyncDispose]());

    const preflight = (path: string, method: string, more: Record<string, string> = {}): Promise<Answer> =>
      house.ask(path, {
        method: 'OPTIONS',
        headers: { origin: APP, 'sec-fetch-site': 'cross-site', 'access-control-request-method': method, ...more },
      });
    const access = ({ headers }: Answer): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(headers)
          .filter(([name]) => name === 'vary' || name.startsWith('access-control-'))
          .map(([name, value]) => [name.replace('access-control-', ''), value]),
      );

    test('answer a preflight request without the function', async () => {
      const runs = house.arrivals();
      const answer = await preflight('/any', 'POST', { 'access-control-request-headers': 'content-type,x-a' });
      assert.deepEqual([answer.status, answer.text, house.arrivals()], [204, '', runs]);
      assert.deepEqual(access(answer), {
        'allow-origin': '*',
        'allow-methods': 'GET, POST, HEAD',
        'allow-headers': 'content-type,x-a',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      });
    });

    test('name what they allow, and let public pages call this machine only when asked', async () => {
      const asked = { 'access-control-request-headers': 'x-other', 'access-control-request-private-network': 'true' };
      assert.deepEqual(access(await preflight('/own', 'PUT', asked)), {
        'allow-origin': APP,
        'allow-credentials': 'true',
        'allow-methods': 'PUT',
        'allow-headers': 'X-Token',
        'max-age': '600',
        'allow-private-network': 'true',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      });
    });

    test("replace the function's own CORS headers, and keep its other ones", async () => {
      const answer = await house.ask('/own', { headers: { origin: 'https://a.shop.example' } });
      assert.deepEqual([answer.status, answer.text], [200, 'own']);
      assert.deepEqual(access(answer), {
        'allow-origin': 'https://a.shop.example',
        'allow-credentials': 'true',
        'expose-headers': 'X-Total',
        vary: 'Accept, Origin',
      });
      // Also for a cache that is asked first without a page.
      assert.deepEqual(access(await house.ask('/own')), { vary: 'Accept, Origin' });
    });

    test('let pages read failures', async () => {
      const answer = await house.ask('/fails', { headers: { origin: APP } });
      assert.deepEqual([answer.status, access(answer)], [502, { 'allow-origin': '*' }]);
    });

    for (const [what, path, method, origin] of [
      ['a page that is not named', '/own', 'GET', 'https://evil.example'],
      ['a name that only ends the same', '/own', 'GET', 'https://evilshop.example'],
      ['the name without its subdomain', '/own', 'GET', 'https://shop.example'],
      ['another scheme', '/own', 'GET', 'http://app.example'],
      ['another port', '/own', 'GET', 'https://app.example:8443'],
      ['a name in a path', '/own', 'GET', 'https://evil.example/.shop.example'],
      ['a method whose route has no CORS', '/any', 'DELETE', APP],
      ['a route without CORS', '/plain', 'GET', APP],
      ['a route that turns it off', '/asked', 'GET', APP],
      ["a function's own URL", '/own/x', 'GET', APP],
    ] as const)
      test(`refuse ${what}, before and after a preflight`, async () => {
        const runs = house.arrivals();
        for (const answer of [
          await preflight(path, method, { origin }),
          await house.ask(path, { method, headers: { origin, 'sec-fetch-site': 'cross-site' } }),
        ])
          assert.deepEqual([answer.status, answer.json()['code']], [403, 'LAM_EDGE_ORIGIN_REFUSED']);
        assert.equal(house.arrivals(), runs);
      });

    test('answer OPTIONS that is no preflight with the methods of the path, or by a route for it', async () => {
      const answer = await house.ask('/any', { method: 'OPTIONS' });
      assert.deepEqual(
        [answer.status, answer.headers.allow, answer.text],
        [204, 'DELETE, GET, HEAD, OPTIONS, POST', ''],
      );
      assert.equal((await house.ask('/asked', { method: 'OPTIONS' })).text, 'own');
      assert.equal((await house.ask('/own/x', { method: 'OPTIONS' })).text, 'own');
      const put = await house.ask('/any', { method: 'PUT' });
      assert.deepEqual([put.status, put.headers.allow], [405, 'DELETE, GET, HEAD, OPTIONS, POST']);
    });
  });
