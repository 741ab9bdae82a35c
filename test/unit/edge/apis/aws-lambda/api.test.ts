import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeErrorHeader, INVOKE } from '../../../../../src/contract/index.ts';
import { awsApi } from '../../../../../src/edge/apis/aws-lambda/api.ts';
import type { Operations } from '../../../../../src/operations/index.ts';
import { lamError, type LamError } from '../../../../../src/errors/index.ts';
import type { ParsedAnswer } from '../../../../support/answer-parser.ts';
import { apiServer, askOnce, failureOf, type ApiServer } from '../../../../support/api-server.ts';
import { routerHouse, type RouterHouse } from '../../../../support/router-house.ts';
import { ARNS } from '../../../../support/arns.ts';
import { openGate } from '../../../../support/open-gate.ts';

const GATE = openGate();

/** No request here asks for an asynchronous invocation. */
const NONE = {} as Pick<Operations, 'async'>;

describe("AWS Lambda's API", () => {
  let house: RouterHouse;
  let server: ApiServer;
  before(async () => {
    house = await routerHouse({
      invoke: ({ event }) =>
        Promise.resolve(
          Buffer.from(event).toString() === '"fail"'
            ? { kind: 'error', payload: Buffer.from('{"errorType":"Error"}'), errorType: 'Error' }
            : { kind: 'result', payload: event },
        ),
    });
    server = await apiServer([awsApi({ arns: ARNS, gate: GATE, router: house.router, operations: NONE })]);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const invoke = (body: string, headers = ''): Promise<ParsedAnswer> =>
    askOnce(
      server,
      `POST ${INVOKE.path('hello')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`,
    );

  test('answers Invoke with the payload unchanged and the rest in headers', async () => {
    const { status, headers, body } = await invoke('{"a":1}', 'X-Amzn-Trace-Id: Root=1-2-3\r\n');
    assert.deepEqual([status, body], [200, '{"a":1}']);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal(headers.get('content-length'), '7');
    assert.match(headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual([headers.get('x-amz-executed-version'), headers.get('x-lam-version')], ['$LATEST', '3']);
    assert.equal(headers.get('x-amzn-trace-id'), 'Root=1-2-3');
    assert.match(headers.get('x-lam-start') ?? '', /^(?:cold|stem|warm)$/);
    assert.match(headers.get('x-lam-duration-ms') ?? '', /^\d+\.\d{3}$/);
    assert.ok(!headers.has('x-amz-function-error') && !headers.has('x-lam-status') && !headers.has('x-amz-log-result'));
  });

  test('reports a failed function in headers', async () => {
    const { status, headers, body } = await invoke('"fail"');
    assert.deepEqual([status, body], [200, '{"errorType":"Error"}']);
    assert.equal(headers.get('x-amz-function-error'), 'Unhandled');
    assert.equal(headers.get('x-lam-status'), 'error');
  });

  test('sends the log tail as base64 on request', async () => {
    const { headers } = await invoke('{}', 'X-Amz-Log-Type: Tail\r\n');
    assert.ok(headers.has('x-amz-log-result'));
    const log = Buffer.from(headers.get('x-amz-log-result') ?? '', 'base64').toString();
    assert.match(log, /^START RequestId: [0-9a-f-]{36}/);
  });

  test('answers a dry run 204 with no body', async () => {
    const { status, body } = await invoke('{}', 'X-Amz-Invocation-Type: DryRun\r\n');
    assert.deepEqual([status, body], [204, '']);
  });

  test('serves no other method and no other path', async () => {
    for (const [method, path] of [
      ['GET', INVOKE.path('hello')],
      ['POST', '/2015-03-31/functions/hello'],
      ['POST', '/2015-03-31/functions//invocations'],
      ['POST', '/2015-03-31/functions/a/b/invocations'],
    ] as const) {
      const { status, headers } = await askOnce(server, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      assert.deepEqual(
        [status, headers.get('x-amzn-errortype')],
        [404, 'UnknownOperationException'],
        `${method} ${path}`,
      );
    }
  });

  const failures: readonly [LamError, number, string, string | undefined, object][] = [
    [
      lamError('LAM_POOL_THROTTLED', { name: 'hello', maxConcurrency: 1, maxQueue: 0 }),
      429,
      'TooManyRequestsException',
      '1',
      { Type: 'User', Reason: 'ConcurrentInvocationLimitExceeded' },
    ],
    [lamError('LAM_POOL_CLOSED', {}), 503, 'ServiceException', '1', { Type: 'Server' }],
    [
      lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: 'nobody' }),
      404,
      'ResourceNotFoundException',
      undefined,
      { Type: 'User', Message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody:$LATEST' },
    ],
    [
      lamError('LAM_EDGE_PAYLOAD_NOT_JSON', { why: 'x' }),
      400,
      'InvalidRequestContentException',
      undefined,
      { Type: 'User' },
    ],
  ];
  for (const [error, status, name, retryAfter, body] of failures) {
    test(`reports ${error.code} as ${name}, with${retryAfter === undefined ? 'out' : ''} Retry-After`, async () => {
      const answer = await failureOf(awsApi({ arns: ARNS, gate: GATE, router: house.router, operations: NONE }), error);
      const member = ['ResourceNotFoundException', 'ServiceException'].includes(name) ? 'Message' : 'message';
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('x-amzn-errortype'), name);
      assert.equal(answer.headers.get('retry-after'), retryAfter);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.deepEqual(JSON.parse(answer.body), { [member]: error.message, ...body });
      const told = decodeErrorHeader(answer.headers.get(INVOKE.lamError.toLowerCase()) ?? '');
      assert.deepEqual([told?.code, told?.hint], [error.code, error.hint]);
    });
  }
});
