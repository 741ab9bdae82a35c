import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import {
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda';
import type { FunctionDetail } from '../../src/contract/index.ts';
import { http, lamSession, type HttpAnswer, type LamSession } from './session.ts';

/** Returns its event as the body of a response. */
const EVENT = `export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });`;

/** Answers with the result that the query of the request names. */
const ANSWERS = `
const results = {
  full: { statusCode: 201, headers: { 'X-One': 'a', 'content-type': 'text/plain; charset=utf-8', 'x-many': ['1', '2'] }, cookies: ['a=1; Path=/', 'b=2'], body: 'naïve' },
  base64: { statusCode: 200, headers: { 'content-type': 'image/png' }, isBase64Encoded: true, body: Buffer.from([0, 255, 10, 13]).toString('base64') },
  object: { hello: 'world' },
  text: 'just text',
  list: [1, 2],
  nothing: null,
  objectBody: { statusCode: 200, body: { message: 'as JSON' } },
  empty: { statusCode: 204 },
  badStatus: { statusCode: 'ok' },
  badHeader: { statusCode: 200, headers: { 'x y': '1' } },
};
export const handler = async ({ queryStringParameters: { answer } }) => {
  if (answer === 'throw') throw new RangeError('a secret of the function');
  return results[answer];
};
`;

/** The handler of Glambdar's README, word for word. */
const GLAMBDAR = `exports.handler = async (req) => {
  const jsonData = await req.json();
  return { statusCode: 200, body: { message: \`Hello \${jsonData.name}!\` } };
};
`;

const JSON_BODY = { 'content-type': 'application/json' };
const json = (answer: HttpAnswer): Record<string, unknown> =>
  JSON.parse(answer.body.toString()) as Record<string, unknown>;

describe('functions over HTTP', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    const routes = `routes:\n  - GET /things/{id}\n  - ANY /files/{path+}\n`;
    const cwd = s.files('event', { 'lam.yaml': `name: event\nruntime: nodejs\n${routes}`, 'index.mjs': EVENT });
    await s.ok(['deploy'], { cwd });
    await s.deployNode('answers', ANSWERS);
    await s.ok(['deploy'], {
      cwd: s.files('greet', { 'lam.yaml': 'name: greet\nruntime: nodejs\n', 'index.js': GLAMBDAR }),
    });
  });
  after(() => s.dispose());

  test('reach the handler as a payload-v2.0 event', async () => {
    const answer = await http(`${s.url}/event/a%20b/c?x=1&y=%C3%A9&x=2`, {
      method: 'PUT',
      body: '{"a":"é"}',
      headers: { ...JSON_BODY, cookie: 'one=1; two=2', 'X-Mixed': 'Case', 'user-agent': 'a test' },
    });
    const event = json(answer) as Record<string, Record<string, unknown>> & { body: string };
    assert.equal(event['version'], '2.0');
    assert.equal(event['routeKey'], '$default');
    assert.equal(event['rawPath'], '/a%20b/c');
    assert.equal(event['rawQueryString'], 'x=1&y=%C3%A9&x=2');
    assert.deepEqual(event['queryStringParameters'], { x: '1,2', y: 'é' });
    assert.deepEqual(event['cookies'], ['one=1', 'two=2']);
    assert.equal(event['headers']?.['x-mixed'], 'Case');
    assert.equal(event['headers']?.['cookie'], undefined);
    assert.deepEqual([event.body, event['isBase64Encoded']], ['{"a":"é"}', false]);
    const context = event['requestContext'] ?? {};
    const { method, path, protocol, sourceIp, userAgent } = context['http'] as Record<string, string>;
    assert.deepEqual(
      [method, path, protocol, sourceIp, userAgent],
      ['PUT', '/a%20b/c', 'HTTP/1.1', '127.0.0.1', 'a test'],
    );
    assert.ok(Math.abs(Date.now() - Number(context['timeEpoch'])) < 60_000);
    assert.equal(context['requestId'], answer.headers['x-amzn-requestid']);
  });

  test('receive binary bodies as base64', async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    const event = json(
      await http(`${s.url}/event`, { body: bytes, headers: { 'content-type': 'application/octet-stream' } }),
    );
    assert.deepEqual([event['body'], event['isBase64Encoded']], [bytes.toString('base64'), true]);
  });

  test('are reached at declared routes, with decoded path parameters', async () => {
    const one = json(await http(`${s.url}/things/a%2Fb%20c`));
    assert.deepEqual(
      [one['routeKey'], one['pathParameters'], one['rawPath']],
      ['GET /things/{id}', { id: 'a/b c' }, '/things/a%2Fb%20c'],
    );
    const rest = json(await http(`${s.url}/files/x/y/z.txt`, { method: 'DELETE' }));
    assert.deepEqual([rest['routeKey'], rest['pathParameters']], ['ANY /files/{path+}', { path: 'x/y/z.txt' }]);
  });

  test('answer by the response rules of payload 2.0', async () => {
    const ask = (answer: string): Promise<HttpAnswer> => http(`${s.url}/answers?answer=${answer}`);
    const full = await ask('full');
    assert.deepEqual([full.status, full.headers['x-one'], full.body.toString()], [201, 'a', 'naïve']);
    assert.deepEqual(
      [full.headers['content-type'], full.headers['set-cookie']],
      ['text/plain; charset=utf-8', ['a=1; Path=/', 'b=2']],
    );
    assert.equal(full.headers['x-many'], '1, 2');
    const image = await ask('base64');
    assert.deepEqual([image.headers['content-type'], [...image.body]], ['image/png', [0, 255, 10, 13]]);
    for (const [answer, body] of [
      ['object', '{"hello":"world"}'],
      ['text', 'just text'],
      ['list', '[1,2]'],
      ['nothing', 'null'],
      ['objectBody', '{"message":"as JSON"}'],
    ] as const) {
      const got = await ask(answer);
      assert.deepEqual(
        [got.status, got.headers['content-type'], got.body.toString()],
        [200, 'application/json', body],
        answer,
      );
    }
    const empty = await ask('empty');
    assert.deepEqual([empty.status, empty.body.length], [204, 0]);
  });

  test('that fail or give an invalid answer are a 502 without details', async () => {
    for (const [answer, type] of [
      ['throw', 'RangeError'],
      ['badStatus', 'Function.MalformedResponse'],
      ['badHeader', 'Function.MalformedResponse'],
    ]) {
      const got = await http(`${s.url}/answers?answer=${answer}`);
      assert.deepEqual([got.status, got.body.toString()], [502, 'Internal Server Error']);
      assert.equal(got.headers['x-lam-error-type'], type);
      assert.ok(!JSON.stringify(got.headers).includes('secret'));
    }
  });

  test("run the handler of Glambdar's README unmodified", async () => {
    const { url } = await s.json<FunctionDetail>(['describe', 'greet']);
    const got = await http(url, { body: '{"name":"Ada"}', headers: JSON_BODY });
    assert.deepEqual([got.status, got.body.toString()], [200, '{"message":"Hello Ada!"}']);
  });

  test('without a matching route are a 404 that lists similar ones', async () => {
    const got = await http(`${s.url}/things`);
    assert.equal(got.status, 404);
    const { message, code, hint } = json(got);
    assert.deepEqual([code, message], ['LAM_EDGE_NOT_FOUND', 'nothing is served at GET /things']);
    assert.equal(hint, 'similar paths: GET /things/{id}');
    assert.match(String(json(await http(`${s.url}/nobody`))['hint']), /lam list/);
  });

  test('accept a body of 6 MiB and refuse a larger one with 413', async () => {
    const limit = 6_291_556;
    const ask = (bytes: number): Promise<HttpAnswer> =>
      http(`${s.url}/2015-03-31/functions/answers/invocations`, {
        body: `"${'x'.repeat(bytes - 2)}"`,
        headers: JSON_BODY,
      });
    assert.equal((await ask(limit)).status, 200);
    const refused = await ask(limit + 1);
    assert.equal(refused.status, 413);
    assert.equal(refused.headers['x-amzn-errortype'], 'RequestTooLargeException');
    const plain = await http(`${s.url}/event`, {
      body: 'x'.repeat(limit + 1),
      headers: { 'content-type': 'text/plain' },
    });
    assert.deepEqual([plain.status, json(plain)['code']], [413, 'LAM_EDGE_PAYLOAD_TOO_LARGE']);
  });
});

/** An address of this machine that others can reach. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.internal === false && address.family === 'IPv4')?.address;

describe('restricted access', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    await s.ok(['deploy', 'ping', '--inline', 'exports.handler = async () => "pong"']);
  });
  after(() => s.dispose());
  const invoke = '/2015-03-31/functions/ping/invocations';

  test('the control API is refused on the port: it is served on the socket only', async () => {
    for (const path of ['/_lam/v1/status', '/_lam/v1/functions', '/_lam/v1/stop', '/_lam/anything']) {
      assert.equal(
        (await http(`${s.url}${path}`, { method: path.endsWith('stop') ? 'POST' : 'GET' })).status,
        403,
        path,
      );
    }
    assert.equal((await s.status()).functions, 1);
  });

  test('other Host names and pages of other origins are refused', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      for (const path of [invoke, '/_lam/v1/functions']) {
        assert.equal((await http(`${s.url}${path}`, { body: '{}', headers })).status, 403, JSON.stringify(headers));
      }
    }
    for (const headers of [{ host: `localhost:${s.port}` }, { origin: `http://localhost:${s.port}` }]) {
      assert.equal(
        (await http(`${s.url}${invoke}`, { body: '{}', headers })).body.toString(),
        '"pong"',
        JSON.stringify(headers),
      );
    }
  });

  test('other names and their pages may be allowed, and a restart keeps them', async () => {
    await using shop = await lamSession({ env: { LAM_ALLOWED_HOSTS: 'localhost' } });
    await shop.ok(['deploy', 'ping', '--inline', 'exports.handler = async () => "pong"']);
    const status = async (): Promise<number> => {
      const headers = { host: 'shop.example', origin: 'https://shop.example' };
      return (await http(`${shop.url}/ping`, { headers })).status;
    };
    assert.equal(await status(), 403);
    await shop.ok(['restart', '--allow-host', 'shop.example']);
    assert.equal(await status(), 200);
    await shop.ok(['restart']);
    assert.equal(await status(), 200);
    await shop.refused(['restart', '--allow-host', 'shop.example:80'], 'LAM_CLI_BAD_HOST_NAME', 2);
  });

  test('requires the token if one is set', async () => {
    await using guarded = await lamSession({ env: { LAM_TOKEN: 'a secret' } });
    await guarded.ok(['deploy', 'ping', '--inline', 'exports.handler = async () => "pong"']);
    assert.equal((await http(`${guarded.url}${invoke}`, { body: '{}' })).status, 403);
    const headers = { authorization: 'Bearer a secret' };
    assert.equal((await http(`${guarded.url}${invoke}`, { body: '{}', headers })).body.toString(), '"pong"');
    assert.equal((await http(`${guarded.url}/_lam/v1/status`, { headers })).status, 200);
    await guarded.ok(['stop']);
    const fault = await guarded.refused(['start', '--host', '0.0.0.0'], 'LAM_DAEMON_TOKEN_NEEDED', 2, {
      env: { LAM_TOKEN: undefined },
    });
    assert.match(fault.hint ?? '', /LAM_TOKEN=/);
  });

  test(
    'is not listened to beyond loopback',
    { skip: outside === undefined && 'this machine has no other address' },
    async () => {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect({ host: outside ?? '', port: s.port });
        socket.once('connect', () => resolve('connected'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
        socket.once('close', () => socket.destroy());
      });
      assert.equal(outcome, 'ECONNREFUSED');
    },
  );
});

describe('the AWS SDK', () => {
  let s: LamSession;
  let client: LambdaClient;
  before(async () => {
    s = await lamSession();
    const code = (which: string): string => `export const handler = async (event, context) => {
  console.log('a line of ${which}');
  if (event.fail) throw new TypeError('told to');
  if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
  return { which: '${which}', event, id: context.awsRequestId, arn: context.invokedFunctionArn };
};`;
    await s.deployNode('sdk', code('one'), { maxConcurrency: 1, queue: 0 });
    await s.deployNode('sdk', code('two'), { maxConcurrency: 1, queue: 0 });
    await s.ok(['alias', 'set', 'sdk', 'prod', '1']);
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    client = new LambdaClient({ endpoint: s.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  after(async () => {
    client.destroy();
    await s.dispose();
  });
  const payload = (bytes: Uint8Array | undefined): Record<string, unknown> =>
    JSON.parse(Buffer.from(bytes ?? []).toString()) as Record<string, unknown>;

  test('invokes a function, unmodified', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'sdk', Payload: '{"name":"Ada"}' }));
    assert.deepEqual([answer.StatusCode, answer.FunctionError, answer.ExecutedVersion], [200, undefined, '$LATEST']);
    const { which, event, id } = payload(answer.Payload);
    assert.deepEqual([which, event], ['two', { name: 'Ada' }]);
    assert.equal(id, answer.$metadata.requestId);
  });

  test('reaches versions and aliases by Qualifier and in the name', async () => {
    for (const [parts, which] of [
      [{ FunctionName: 'sdk', Qualifier: '1' }, 'one'],
      [{ FunctionName: 'sdk', Qualifier: 'prod' }, 'one'],
      [{ FunctionName: 'sdk', Qualifier: '$LATEST' }, 'two'],
      [{ FunctionName: 'sdk:prod' }, 'one'],
      [{ FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:sdk:1' }, 'one'],
    ] as const) {
      assert.equal(
        payload((await client.send(new InvokeCommand(parts))).Payload)['which'],
        which,
        JSON.stringify(parts),
      );
    }
  });

  test('gets the end of the log, with the request id of the answer', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'sdk', LogType: 'Tail' }));
    const id = answer.$metadata.requestId ?? '';
    const tail = Buffer.from(answer.LogResult ?? '', 'base64').toString();
    const lines = new RegExp(
      `^START RequestId: ${id} Version: 2\n[^]*a line of two\n[^]*END RequestId: ${id}\nREPORT RequestId: ${id}\tDuration: [0-9.]+ ms\t`,
    );
    assert.match(tail, lines);
    const kept = (await s.ok(['logs', 'sdk', '--request-id', id, '-o', 'raw'])).stdout;
    assert.match(kept, lines);
  });

  test('gets FunctionError and the error document of a failed function', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'sdk', Payload: '{"fail":true}' }));
    assert.deepEqual([answer.StatusCode, answer.FunctionError], [200, 'Unhandled']);
    const { errorType, errorMessage } = payload(answer.Payload);
    assert.deepEqual([errorType, errorMessage], ['TypeError', 'told to']);
  });

  test('throws its own exceptions for missing functions and throttling', async () => {
    await assert.rejects(client.send(new InvokeCommand({ FunctionName: 'nobody' })), (error: unknown) => {
      assert.ok(error instanceof ResourceNotFoundException);
      assert.match(error.Message ?? error.message, /nobody/);
      return true;
    });
    await assert.rejects(
      client.send(new InvokeCommand({ FunctionName: 'sdk', Qualifier: '77' })),
      ResourceNotFoundException,
    );
    const running = client.send(new InvokeCommand({ FunctionName: 'sdk', Payload: '{"waitMs":4000}' }));
    await s.untilBusy(1);
    await assert.rejects(client.send(new InvokeCommand({ FunctionName: 'sdk' })), TooManyRequestsException);
    await running;
  });

  test('can request a dry run', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'sdk', InvocationType: 'DryRun' }));
    assert.equal(answer.StatusCode, 204);
  });
});
