import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { RequestHead } from '../../../../../src/edge/request.ts';
import { EventTemplateV1 } from '../../../../../src/edge/apis/functions/event-v1.ts';
import type { RouteHit } from '../../../../../src/edge/apis/functions/route-table.ts';
import { asFunctionName, asRequestId, asTraceId } from '../../../../support/ids.ts';

type Event = Record<string, unknown> & {
  readonly headers: Record<string, string>;
  readonly multiValueHeaders: Record<string, readonly string[]>;
  readonly requestContext: Record<string, unknown>;
};

const HIT: RouteHit = {
  functionName: asFunctionName('hello'),
  qualifier: undefined,
  routeKey: 'GET /users/{id}',
  pathParameters: { id: '7' },
  route: undefined,
  methods: ['ANY'],
  rawPath: '/users/7',
};

function eventOf(
  rawHeaders: readonly string[],
  over: { readonly query?: string; readonly hit?: RouteHit; readonly body?: Buffer; readonly port?: null } = {},
): Event {
  const socket = { remoteAddress: '::ffff:10.0.0.9', localPort: over.port === null ? undefined : 8000 };
  const head: RequestHead = {
    method: 'GET',
    path: '/users/7',
    query: over.query ?? '',
    headers: {},
    rawHeaders,
    httpVersion: '1.1',
    socket: socket as unknown as Socket,
  };
  const template = new EventTemplateV1(head, over.hit ?? HIT);
  const parts = { requestId: asRequestId('the-id'), traceId: asTraceId('Root=1-2'), now: 1583348638390 };
  return JSON.parse(Buffer.from(template.event({ ...parts, body: over.body ?? Buffer.alloc(0) })).toString()) as Event;
}

describe('the event of payload format 1.0', () => {
  test('has all members of an HTTP API, key for key', () => {
    assert.deepEqual(
      eventOf(['Host', 'localhost:8000', 'User-Agent', 'x', 'Cookie', 'c=1; d=2'], { query: 'a=1&a=%2F' }),
      {
        version: '1.0',
        resource: '/users/{id}',
        path: '/users/7',
        httpMethod: 'GET',
        headers: {
          Host: 'localhost:8000',
          'User-Agent': 'x',
          Cookie: 'c=1; d=2',
          'X-Forwarded-For': '10.0.0.9',
          'X-Forwarded-Proto': 'http',
          'X-Forwarded-Port': '8000',
          'X-Amzn-Trace-Id': 'Root=1-2',
        },
        multiValueHeaders: {
          Host: ['localhost:8000'],
          'User-Agent': ['x'],
          Cookie: ['c=1; d=2'],
          'X-Forwarded-For': ['10.0.0.9'],
          'X-Forwarded-Proto': ['http'],
          'X-Forwarded-Port': ['8000'],
          'X-Amzn-Trace-Id': ['Root=1-2'],
        },
        queryStringParameters: { a: '/' },
        multiValueQueryStringParameters: { a: ['1', '/'] },
        requestContext: {
          accountId: 'anonymous',
          apiId: 'hello',
          authorizer: null,
          domainName: 'localhost:8000',
          domainPrefix: 'hello',
          extendedRequestId: 'the-id',
          httpMethod: 'GET',
          identity: {
            accessKey: null,
            accountId: null,
            caller: null,
            cognitoAuthenticationProvider: null,
            cognitoAuthenticationType: null,
            cognitoIdentityId: null,
            cognitoIdentityPoolId: null,
            principalOrgId: null,
            sourceIp: '10.0.0.9',
            user: null,
            userAgent: 'x',
            userArn: null,
          },
          path: '/users/7',
          protocol: 'HTTP/1.1',
          requestId: 'the-id',
          requestTime: '04/Mar/2020:19:03:58 +0000',
          requestTimeEpoch: 1583348638390,
          resourceId: null,
          resourcePath: '/users/{id}',
          stage: '$default',
        },
        pathParameters: { id: '7' },
        stageVariables: null,
        body: null,
        isBase64Encoded: false,
      },
    );
  });

  test('has null for what the request lacks, and $default without a route', () => {
    const event = eventOf([], { hit: { ...HIT, routeKey: '$default', pathParameters: undefined }, port: null });
    assert.deepEqual(
      ['resource', 'pathParameters', 'queryStringParameters', 'multiValueQueryStringParameters', 'body'].map(
        (key) => event[key],
      ),
      ['$default', null, null, null, null],
    );
    assert.deepEqual(Object.keys(event.headers), ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Amzn-Trace-Id']);
  });

  test('joins two spellings of a header, and single members have the last value', () => {
    const event = eventOf(['X-Two', 'a', 'x-two', 'b', 'x-forwarded-for', '9.9.9.9', 'x-amzn-trace-id', 'Root=old']);
    assert.deepEqual([event.headers['X-Two'], event.multiValueHeaders['X-Two']], ['b', ['a', 'b']]);
    assert.equal(event.headers['x-forwarded-for'], '9.9.9.9, 10.0.0.9');
    assert.deepEqual(event.multiValueHeaders['X-Amzn-Trace-Id'], ['Root=1-2']);
    assert.ok(!('x-amzn-trace-id' in event.headers));
  });

  test('treats names of Object.prototype as ordinary names', () => {
    const event = eventOf(['constructor', 'c', '__proto__', 'p'], { query: 'toString=1&__proto__=2' });
    assert.deepEqual([event.headers['constructor'], event.multiValueHeaders['constructor']], ['c', ['c']]);
    assert.deepEqual(Object.entries(event['queryStringParameters'] as object), [
      ['toString', '1'],
      ['__proto__', '2'],
    ]);
  });

  test('carries text as text and anything else as base64', () => {
    const text = eventOf(['Content-Type', 'application/json'], { body: Buffer.from('{"é":1}') });
    assert.deepEqual([text['body'], text['isBase64Encoded']], ['{"é":1}', false]);
    const bytes = eventOf(['content-type', 'image/png'], { body: Buffer.from([0, 255, 1]) });
    assert.deepEqual([bytes['body'], bytes['isBase64Encoded']], ['AP8B', true]);
  });
});
