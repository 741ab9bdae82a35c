import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, WAYS, type EdgeHouse, type Handlers } from '../support/edge-house.ts';
import { CLOSED, ifCode } from '../support/if-code.ts';

function result(text: string): Promise<InvokeOutcome> {
  return Promise.resolve({ kind: 'result', payload: Buffer.from(text) });
}

for (const way of WAYS)
  describe(`a function over HTTP, through ${way}`, () => {
    let house: EdgeHouse;
    before(async () => {
      const handlers: Handlers = {
        empty: () => result('{"statusCode":204,"body":"never sent","headers":{"content-length":"5"}}'),
        png: () =>
          result('{"statusCode":200,"isBase64Encoded":true,"headers":{"content-type":"image/png"},"body":"iVBORwD/"}'),
        cookies: () => result('{"statusCode":302,"headers":{"location":"/x"},"cookies":["a=1","b=2"]}'),
        text: () => result('"hello"'),
        throws: () =>
          Promise.resolve({ kind: 'error', payload: Buffer.from('{"secret":1}'), errorType: 'Error\nwith\u2028odd' }),
        strange: () => result('{"statusCode":"teapot"}'),
        trailing: () =>
          result(
            '{"statusCode":200,"headers":{"trailer":"x","connection":"close","x-amzn-requestid":"forged"},"body":"ok"}',
          ),
        slow: () => new Promise(() => undefined),
      };
      house = await edgeHouse(handlers, { way });
      for (const name of ['echo', 'empty', 'png', 'cookies', 'text', 'throws', 'strange', 'trailing'])
        await house.publish(name);
      await house.publish('slow', { timeoutMs: 10 });
      await house.publish('users', { routes: ['GET /users/{id}', 'ANY /files/{path+}'] });
    });
    after(() => house[Symbol.asyncDispose]());

    test('gets the event of its request, and its answer follows the response rules', async () => {
      const answer = await house.ask('/echo/a/b?x=1', {
        method: 'POST',
        body: '{"n":1}',
        headers: { 'content-type': 'application/json' },
      });
      const event = answer.json() as {
        requestContext: Record<string, unknown>;
        headers: Record<string, string>;
      } & Record<string, unknown>;
      assert.equal(answer.status, 200);
      assert.deepEqual(
        [event['rawPath'], event['rawQueryString'], event['body'], event['isBase64Encoded']],
        ['/a/b', 'x=1', '{"n":1}', false],
      );
      assert.equal(
        event.requestContext['requestId'],
        answer.headers['x-amzn-requestid'],
        'one id for the caller and the handler',
      );
      assert.equal(
        event.headers['x-amzn-trace-id'],
        `${String(answer.headers['x-amzn-trace-id'])};Lineage=1:6c616d00:1`,
        'and one trace',
      );
    });

    test('is reached at its declared routes', async () => {
      const one = (await house.ask('/users/7')).json();
      assert.deepEqual(
        [one['routeKey'], one['pathParameters'], one['rawPath']],
        ['GET /users/{id}', { id: '7' }, '/users/7'],
      );
      assert.deepEqual((await house.ask('/files/a/b', { method: 'PUT' })).json()['pathParameters'], { path: 'a/b' });
    });

    const strangers: [string, Record<string, string>, string][] = [
      ['a rebound name', { host: 'evil.example' }, 'LAM_EDGE_HOST_REFUSED'],
      ['a foreign page', { origin: 'http://evil.example' }, 'LAM_EDGE_ORIGIN_REFUSED'],
      ['a page of another port', { 'sec-fetch-site': 'same-site' }, 'LAM_EDGE_ORIGIN_REFUSED'],
    ];
    for (const [who, headers, code] of strangers)
      test(`is closed to ${who}, also for other paths`, async () => {
        const before = house.arrivals();
        for (const path of ['/text', '/users/7', '/nowhere']) {
          const answer = await house.ask(path, { headers });
          assert.deepEqual([answer.status, answer.json()['code']], [403, code], path);
        }
        assert.equal(house.arrivals(), before);
      });

    test('accepts an allowed name and its pages', async () => {
      await using open = await edgeHouse({}, { way, allowedHosts: ['shop.example'] });
      await open.publish('echo');
      const headers = { host: 'shop.example', origin: 'http://shop.example', 'sec-fetch-site': 'cross-site' };
      assert.equal((await open.ask('/echo', { headers })).status, 200);
      assert.equal((await open.ask('/echo', { headers: { host: 'evil.example' } })).status, 403);
    });

    test('answers to the host names of its routes, which pages of other origins still may not use', async () => {
      await house.publish('hosted', {
        routes: [{ route: 'GET /users/{id}', host: ['shop.example', '*.shop.example'] }],
      });
      const ask = async (host: string, headers = {}): Promise<unknown> => {
        const { status, text } = await house.ask('/users/7', { headers: { host, ...headers } });
        return [status, status === 200 && /"apiId":"(\w+)"/.exec(text)?.[1]];
      };
      assert.deepEqual(await ask('shop.example'), [200, 'hosted']);
      assert.deepEqual(await ask('EU.shop.example:9000'), [200, 'hosted']);
      assert.deepEqual(await ask('localhost'), [200, 'users']);
      assert.deepEqual(await ask('a.b.shop.example'), [403, false]);
      assert.deepEqual(await ask('shop.example.evil.example'), [403, false]);
      assert.deepEqual(await ask('shop.example', { origin: 'http://shop.example' }), [200, 'hosted']);
      assert.deepEqual(await ask('shop.example', { origin: 'http://evil.example' }), [403, false]);
      assert.deepEqual(await ask('localhost', { origin: 'http://shop.example', 'sec-fetch-site': 'cross-site' }), [
        403,
        false,
      ]);
      assert.equal((await house.control('/_lam/v1/functions/hosted', { method: 'DELETE' })).status, 200);
      assert.deepEqual(await ask('shop.example'), [403, false]);
    });

    test('two Host headers get status 400', async () => {
      const close = way === 'plain' ? '' : 'Connection: close\r\n';
      for (const hosts of ['Host: localhost\r\nHost: evil.example', 'Host: localhost\r\nhost: localhost']) {
        const last = `GET /text HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
        const text = await house.raw(`GET /text HTTP/1.1\r\n${hosts}\r\n${close}\r\n${close === '' ? last : ''}`);
        assert.match(text, /^HTTP\/1\.1 400 [^]*LAM_EDGE_TWO_HOSTS/);
      }
    });

    test('HEAD sends the headers and no body', async () => {
      const answer = await house.ask('/text', { method: 'HEAD' });
      assert.deepEqual([answer.status, answer.headers['content-length'], answer.text], [200, '5', '']);
    });

    test('its versions and aliases are reached by path; a divided alias decides by its header', async () => {
      const which: Handlers = {
        which: ({ sandbox }) => result(`"${sandbox.initRequest?.environment['AWS_LAMBDA_FUNCTION_VERSION']}"`),
      };
      await using own = await edgeHouse(which, { way });
      for (const description of ['one', 'two']) await own.publish('which', { description });
      const put = (routing: object): Promise<unknown> =>
        own.control('/_lam/v1/functions/which/aliases/prod', { method: 'PUT', body: JSON.stringify(routing) });
      const text = async (path: string, user = ''): Promise<string> =>
        (await own.ask(path, { headers: { 'x-user': user } })).text;
      await put({ version: 1 });
      assert.deepEqual([await text('/which'), await text('/which@1'), await text('/which:prod/x')], ['2', '1', '1']);
      for (const [path, code] of [
        ['/which@9', 'LAM_REGISTRY_VERSION_NOT_FOUND'],
        ['/which:none', 'LAM_REGISTRY_ALIAS_NOT_FOUND'],
      ] as const) {
        const answer = await own.ask(path);
        assert.deepEqual([answer.status, answer.json()['code']], [404, code]);
      }
      await put({ version: 1, routing: { weights: { 2: 50 }, sticky: 'x-user' } });
      const users = Array.from({ length: 40 }, (_, i) => `u${i}`);
      const first = await Promise.all(users.map((user) => text('/which:prod', user)));
      assert.deepEqual(await Promise.all(users.map((user) => text('/which:prod', user))), first);
      assert.deepEqual([...new Set(first)].toSorted(), ['1', '2']);
      const invoked = await Promise.all(
        users.map((user) =>
          own.ask('/2015-03-31/functions/which:prod/invocations', { method: 'POST', headers: { 'x-user': user } }),
        ),
      );
      assert.deepEqual(
        invoked.map(({ headers }) => headers['x-amz-executed-version']),
        first,
      );
    });

    test('204 has neither body nor length', async () => {
      const answer = await house.ask('/empty');
      assert.deepEqual([answer.status, answer.headers['content-length'], answer.text], [204, undefined, '']);
    });

    test('base64 bodies are sent as bytes', async () => {
      const answer = await house.ask('/png');
      assert.equal(answer.headers['content-type'], 'image/png');
      assert.deepEqual([...answer.bytes], [0x89, 0x50, 0x4e, 0x47, 0x00, 0xff]);
    });

    test('cookies become separate headers', async () => {
      const answer = await house.ask('/cookies');
      assert.deepEqual(
        [answer.status, answer.headers.location, answer.headers['set-cookie']],
        [302, '/x', ['a=1', 'b=2']],
      );
    });

    test('headers that only the server sets are left out', async () => {
      const answer = await house.ask('/trailing');
      assert.deepEqual([answer.status, answer.text, answer.headers['trailer']], [200, 'ok', undefined]);
      assert.match(String(answer.headers['x-amzn-requestid']), /^[0-9a-f-]{36}$/);
    });

    const failing: [string, string][] = [
      ['throws', 'Error?with?odd'],
      ['strange', 'Function.MalformedResponse'],
      ['slow', 'Sandbox.Timedout'],
    ];
    for (const [name, type] of failing) {
      test(`one that is ${name} is answered 502 in AWS's words, and gives nothing away`, async () => {
        const answer = await house.ask(`/${name}`);
        assert.deepEqual(
          [answer.status, answer.text, answer.headers['x-lam-error-type']],
          [502, 'Internal Server Error', type],
        );
      });
    }

    test('404 lists similar paths', async () => {
      const answer = await house.ask('/users', { method: 'PATCH' });
      assert.equal(answer.status, 200, 'the function itself lies there');
      const none = await house.ask('/files', { method: 'PATCH' });
      assert.deepEqual([none.status, none.json()['code']], [404, 'LAM_EDGE_NOT_FOUND']);
      assert.match(String(none.json()['hint']), /ANY \/files\/\{path\+\}/);
    });

    test('413 for a body over the limit', async () => {
      const answer = await house.ask('/echo', { method: 'POST', body: Buffer.alloc(6_291_557) });
      assert.deepEqual([answer.status, answer.json()['code']], [413, 'LAM_EDGE_PAYLOAD_TOO_LARGE']);
    });

    test('a client that disconnects before the end of its body runs nothing', async () => {
      const before = house.arrivals();
      const outgoing = send({
        host: '127.0.0.1',
        port: house.port,
        path: '/echo',
        method: 'POST',
        headers: { 'content-length': 100 },
      });
      const closed = new Promise((resolve) => outgoing.on('error', ifCode(CLOSED, undefined)).on('close', resolve));
      outgoing.write('half', () => outgoing.destroy());
      await closed;
      assert.equal((await house.ask('/_lam/health')).text, '{"status":"ok"}');
      assert.equal(house.arrivals(), before);
    });
  });
