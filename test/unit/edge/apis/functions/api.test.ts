import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { oneToken } from '../../../../../src/edge/guard.ts';
import { functionsApi } from '../../../../../src/edge/apis/functions/api.ts';
import { RouteTable } from '../../../../../src/edge/apis/functions/route-table.ts';
import { lamError } from '../../../../../src/errors/index.ts';
import { systemClock } from '../../../../../src/kit/index.ts';
import { Limits, Quotas } from '../../../../../src/limits/index.ts';
import { parseAnswers, type ParsedAnswer } from '../../../../support/answer-parser.ts';
import { apiServer, askOnce, failureOf, type ApiServer } from '../../../../support/api-server.ts';
import { routerHouse, type RouterHouse } from '../../../../support/router-house.ts';
import { asFunctionName } from '../../../../support/ids.ts';

describe('functions over HTTP', () => {
  let house: RouterHouse;
  let server: ApiServer;
  let api: ReturnType<typeof functionsApi>;
  let routes = new RouteTable([
    { functionName: asFunctionName('hello'), config: { type: 'http', route: 'GET /declared/{id}' } },
  ]);
  const names = new Set(['hello', 'fail', 'odd']);
  let generation = 0;
  before(async () => {
    house = await routerHouse({
      invoke: ({ event }) => {
        const { rawPath } = JSON.parse(Buffer.from(event).toString()) as { rawPath: string };
        if (rawPath === '/fail')
          return Promise.resolve({ kind: 'error', payload: Buffer.from('{}'), errorType: 'TypeError' });
        const payload = rawPath === '/odd' ? Buffer.from('{"statusCode":1}') : event;
        return Promise.resolve({ kind: 'result', payload });
      },
    });
    api = functionsApi({
      router: house.router,
      // Nothing here is queued; test/api/async-http.test.ts is about that.
      operations: { async: undefined as never },
      limits: new Limits(systemClock),
      quotas: new Quotas(systemClock, new Map()),
      clock: systemClock,
      auditSink: { note: () => undefined },
      door: { kind: 'socket', tokens: oneToken(undefined), open: false },
      routes: () => routes,
      exists: (name) => names.has(name),
      formOf: () => ({ payload: '2.0', carriesPath: false, auth: 'none', isAsync: false }),
      files: { find: () => Promise.resolve(undefined) },
      authorizers: { of: () => undefined },
      generation: () => generation,
    });
    server = await apiServer([api]);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const get = (path: string): Promise<ParsedAnswer> => askOnce(server, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);

  test('answer with the identity of the request in headers', async () => {
    const { status, headers, body } = await get('/hello/x');
    const event = JSON.parse(body) as { headers: Record<string, string>; requestContext: Record<string, string> };
    assert.equal(status, 200);
    assert.equal(headers.get('x-amzn-requestid'), event.requestContext['requestId']);
    assert.equal(`${headers.get('x-amzn-trace-id')};Lineage=1:6c616d00:1`, event.headers['x-amzn-trace-id']);
    assert.equal(headers.get('content-type'), 'application/json');
  });

  test('that fail answer 502 with the error type in a header', async () => {
    const { status, headers, body } = await get('/hello/fail');
    assert.deepEqual([status, body, headers.get('content-type')], [502, 'Internal Server Error', 'text/plain']);
    assert.equal(headers.get('x-lam-error-type'), 'TypeError');
    assert.ok(headers.has('x-amzn-requestid') && headers.has('x-amzn-trace-id'));
  });

  test('with answers that HTTP cannot express report that in headers', async () => {
    const { status, headers } = await get('/hello/odd');
    assert.deepEqual([status, headers.get('x-lam-error-type')], [502, 'Function.MalformedResponse']);
    assert.match(headers.get('x-lam-error-detail') ?? '', /^the function answered with the statusCode 1; /);
  });

  test('report errors of lam with code, hint and Retry-After', async () => {
    const busy = lamError('LAM_POOL_THROTTLED', { name: 'hello', maxConcurrency: 1, maxQueue: 0 });
    const answer = await failureOf(api, busy);
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get('retry-after'), '1');
    assert.deepEqual(JSON.parse(answer.body), { message: busy.message, code: busy.code, hint: busy.hint });
    const missing = await get('/nowhere');
    assert.deepEqual([missing.status, missing.headers.get('retry-after')], [404, undefined]);
  });

  test('refuse a method that no route of the path has, with those that there are', async () => {
    const { status, headers, body } = await askOnce(
      server,
      'POST /declared/7 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n',
    );
    assert.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);
    assert.equal((JSON.parse(body) as { code: string }).code, 'LAM_EDGE_METHOD_NOT_ALLOWED');
  });

  test('get a separate event for each request with the same head', async () => {
    const socket = await server.dial();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const bodies = ['one', 'two', 'six'];
    for (const body of bodies) {
      const before = chunks.length;
      socket.write(`POST /hello HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n${body}`);
      while (chunks.length === before) await once(socket, 'data');
    }
    socket.end();
    await once(socket, 'close');
    const events = parseAnswers(Buffer.concat(chunks), []).map(
      ({ body }) =>
        JSON.parse(body) as {
          body: string;
          headers: Record<string, string>;
          requestContext: { requestId: string; timeEpoch: number };
        },
    );
    assert.deepEqual(
      events.map(({ body }) => body),
      bodies,
    );
    assert.equal(new Set(events.map(({ requestContext }) => requestContext.requestId)).size, 3);
    assert.equal(new Set(events.map(({ headers }) => headers['x-amzn-trace-id'])).size, 3);
    for (const { requestContext } of events) assert.ok(Math.abs(Date.now() - requestContext.timeEpoch) < 60_000);
  });

  test('are looked up again for a repeated head after a deploy', async () => {
    const socket = await server.dial();
    const ask = async (): Promise<string> => {
      socket.write('GET /declared/7 HTTP/1.1\r\nHost: h\r\n\r\n');
      return ((await once(socket, 'data')) as [Buffer])[0].toString();
    };
    assert.match(await ask(), /"routeKey":"GET \/declared\/\{id\}"/);
    const before = routes;
    routes = new RouteTable([]);
    generation++;
    assert.match(await ask(), /^HTTP\/1\.1 404 /);
    assert.match(await ask(), /^HTTP\/1\.1 404 /);
    names.add('declared');
    generation++;
    assert.match(await ask(), /"routeKey":"\$default"/);
    names.delete('declared');
    routes = before;
    generation++;
    socket.destroy();
  });
});
