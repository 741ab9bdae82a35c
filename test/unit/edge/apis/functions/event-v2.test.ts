import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { headOf } from '../../../../../src/edge/request.ts';
import { isTextType } from '../../../../../src/edge/apis/functions/event-parts.ts';
import { clfTime } from '../../../../../src/edge/clf-time.ts';
import { EventTemplateV2 } from '../../../../../src/edge/apis/functions/event-v2.ts';
import type { RouteHit } from '../../../../../src/edge/apis/functions/route-table.ts';
import { asRequestId, asTraceId, asFunctionName } from '../../../../support/ids.ts';

type Event = Record<string, unknown> & {
  headers: Record<string, string>;
  requestContext: { http: Record<string, string> } & Record<string, unknown>;
};

const HIT: RouteHit = {
  functionName: asFunctionName('hello'),
  qualifier: undefined,
  routeKey: '$default',
  pathParameters: undefined,
  route: undefined,
  methods: ['ANY'],
  rawPath: '/my/path',
};

describe('the event of an HTTP request', () => {
  let onRequest: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void = () => undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => onRequest(request, response, Buffer.concat(chunks)));
  });
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => new Promise((resolve) => server.close(resolve)));

  /** Sends a real request and resolves with its event. */
  async function eventOf(
    path: string,
    options: {
      method?: string;
      headers?: Record<string, string | string[]>;
      body?: string | Buffer;
      hit?: RouteHit;
    } = {},
  ): Promise<Event> {
    const { promise, resolve } = Promise.withResolvers<Event>();
    onRequest = (request, response, body) => {
      const template = new EventTemplateV2(headOf(request), options.hit ?? HIT);
      const event = template.event({
        requestId: asRequestId('the-id'),
        traceId: asTraceId('Root=1-2'),
        now: 1583348638390,
        body,
      });
      resolve(JSON.parse(Buffer.from(event).toString()) as Event);
      response.end();
    };
    const { port } = server.address() as AddressInfo;
    const headers = { host: 'localhost:8000', connection: 'close', ...options.headers };
    const outgoing = send({ port, host: '127.0.0.1', path, method: options.method ?? 'GET', headers });
    outgoing.on('response', (r) => r.resume());
    outgoing.end(options.body);
    return promise;
  }

  test('has the form of payload 2.0, key for key', async () => {
    const event = await eventOf('/hello/my/path?a=1&a=2', {
      headers: { 'User-Agent': 'x', Cookie: 'c=1; d=2', 'X-Two': ['v1', 'v2'] },
    });
    const { port } = server.address() as AddressInfo;
    assert.deepEqual(event, {
      version: '2.0',
      routeKey: '$default',
      rawPath: '/my/path',
      rawQueryString: 'a=1&a=2',
      cookies: ['c=1', 'd=2'],
      headers: {
        host: 'localhost:8000',
        connection: 'close',
        'user-agent': 'x',
        'x-two': 'v1,v2',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': String(port),
        'x-amzn-trace-id': 'Root=1-2',
      },
      queryStringParameters: { a: '1,2' },
      requestContext: {
        accountId: 'anonymous',
        apiId: 'hello',
        domainName: 'localhost:8000',
        domainPrefix: 'hello',
        http: { method: 'GET', path: '/my/path', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'x' },
        requestId: 'the-id',
        routeKey: '$default',
        stage: '$default',
        time: '04/Mar/2020:19:03:58 +0000',
        timeEpoch: 1583348638390,
      },
      isBase64Encoded: false,
    });
  });

  test('also has path and method of 1.0 for programs that read these', async () => {
    const { promise, resolve } = Promise.withResolvers<Event>();
    onRequest = (request, response) => {
      const template = new EventTemplateV2(headOf(request), HIT, true);
      const parts = { requestId: asRequestId('the-id'), traceId: asTraceId('Root=1-2'), now: 0, body: Buffer.alloc(0) };
      resolve(JSON.parse(Buffer.from(template.event(parts)).toString()) as Event);
      response.end();
    };
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}/hello`, { method: 'DELETE' });
    const event = await promise;
    assert.deepEqual([event['path'], event['httpMethod'], event['version']], ['/my/path', 'DELETE', '2.0']);
  });

  test('leaves out absent parts of the request', async () => {
    const event = await eventOf('/hello');
    for (const key of ['cookies', 'queryStringParameters', 'body', 'pathParameters']) assert.ok(!(key in event), key);
    assert.equal(event['rawQueryString'], '');
  });

  const queries: [string, Record<string, string>][] = [
    ['multiQuery=foo&multiQuery=%2Fbar', { multiQuery: 'foo,/bar' }],
    ['a=&b&c=d=e', { a: '', b: '', c: 'd=e' }],
    ['q=a+b%20c', { q: 'a b c' }],
    ['bad=%zz', { bad: '%zz' }],
    [
      'constructor=1&toString=2&x=3',
      JSON.parse('{"constructor":"1","toString":"2","x":"3"}') as Record<string, string>,
    ],
  ];
  for (const [query, parameters] of queries) {
    test(`decodes and joins ?${query}`, async () => {
      const event = await eventOf(`/hello?${query}`);
      assert.equal(event['rawQueryString'], query);
      assert.deepEqual(event['queryStringParameters'], parameters);
    });
  }

  test('treats names of Object.prototype as ordinary headers', async () => {
    const event = await eventOf('/hello', { headers: { constructor: 'c', 'to-string': 't' } });
    assert.equal(event.headers['constructor'], 'c');
  });

  test('tells whom the request came through, and keeps what they said of it', async () => {
    const { headers } = await eventOf('/hello', {
      headers: { 'X-Forwarded-For': '9.9.9.9', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' },
    });
    assert.deepEqual(
      [headers['x-forwarded-for'], headers['x-forwarded-proto'], headers['x-forwarded-port']],
      ['9.9.9.9,127.0.0.1', 'https', '443'],
    );
  });

  test('contains the matched route and its parameters', async () => {
    const hit: RouteHit = {
      functionName: asFunctionName('hello'),
      qualifier: undefined,
      routeKey: 'GET /u/{id}',
      pathParameters: { id: '7' },
      route: undefined,
      methods: ['ANY'],
      rawPath: '/u/7',
    };
    const event = await eventOf('/u/7', { hit });
    assert.deepEqual(
      [event['routeKey'], event['pathParameters'], event.requestContext['routeKey']],
      ['GET /u/{id}', { id: '7' }, 'GET /u/{id}'],
    );
  });

  const bodies: [string | undefined, Buffer, string, boolean][] = [
    ['application/json', Buffer.from('{"é":1}'), '{"é":1}', false],
    ['text/plain; charset=utf-8', Buffer.from('hi'), 'hi', false],
    ['application/octet-stream', Buffer.from([0, 255, 1]), 'AP8B', true],
    ['multipart/form-data; boundary=x', Buffer.from('--x--'), 'LS14LS0=', true],
    ['application/x-www-form-urlencoded', Buffer.from('a=b'), 'YT1i', true],
    [undefined, Buffer.from('hi'), 'aGk=', true],
  ];
  for (const [type, sent, body, encoded] of bodies) {
    test(`carries a body of type ${type ?? 'unknown'} as ${encoded ? 'base64' : 'text'}`, async () => {
      const event = await eventOf('/hello', {
        method: 'POST',
        body: sent,
        headers: type === undefined ? {} : { 'content-type': type },
      });
      assert.deepEqual([event['body'], event['isBase64Encoded']], [body, encoded]);
    });
  }
});

test('text types are those of AWS Lambda', () => {
  for (const type of [
    'text/html',
    'TEXT/CSV',
    'application/json',
    'application/javascript',
    'application/xml; x=y',
    'application/vnd.api+json',
    'application/atom+xml',
  ])
    assert.equal(isTextType(type), true, type);
  for (const type of [
    undefined,
    '',
    'image/png',
    'application/pdf',
    'application/zip',
    'application/jsonx',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
  ])
    assert.equal(isTextType(type), false, String(type));
});

test('time is in the common log format, in UTC', () => {
  assert.equal(clfTime(0), '01/Jan/1970:00:00:00 +0000');
  assert.equal(clfTime(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), '31/Dec/2026:23:59:59 +0000');
});
