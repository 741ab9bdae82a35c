import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { decodeErrorHeader, depthOf, INVOKE as HEADERS, PLAIN_STREAM } from '../../src/contract/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import type { MemoryCall } from '../support/memory-driver.ts';

const INVOKE = '/2015-03-31/functions';

/** The variables that a function finds. */
function environmentOf(call: MemoryCall): Readonly<Record<string, string>> {
  return call.sandbox.initRequest?.environment ?? {};
}

/** What AWS's client does of its own accord with these variables, which are not those of this process. */
function clientOf(environment: Readonly<Record<string, string>>): LambdaClient {
  const { AWS_ENDPOINT_URL_LAMBDA, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  return new LambdaClient({
    endpoint: AWS_ENDPOINT_URL_LAMBDA ?? assert.fail('there is no endpoint'),
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
      ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
    },
  });
}

function result(value: unknown): InvokeOutcome {
  return { kind: 'result', payload: Buffer.from(JSON.stringify(value)) };
}

/** Calls the function that its event names first, with the rest as its event. */
async function callsNext(call: MemoryCall): Promise<InvokeOutcome> {
  const [next, ...rest] = JSON.parse(Buffer.from(call.event).toString()) as string[];
  if (next === undefined) return result('end');
  return result(await post(environmentOf(call), `${INVOKE}/${next}/invocations`, { body: JSON.stringify(rest) }));
}

/** Sends a request as plain HTTP with the token of the function. */
async function post(environment: Readonly<Record<string, string>>, path: string, init: RequestInit = {}) {
  const { LAM_ENDPOINT, LAM_INVOKE_TOKEN } = environment;
  const headers = { authorization: `Bearer ${LAM_INVOKE_TOKEN}` };
  const answer = await fetch(`${LAM_ENDPOINT}${path}`, { method: 'POST', body: '{"n":1}', headers, ...init });
  const { code } = decodeErrorHeader(answer.headers.get(HEADERS.lamError) ?? undefined) ?? {};
  return { status: answer.status, type: answer.headers.get('x-amzn-errortype'), code, text: await answer.text() };
}

describe('calls of functions by functions', () => {
  let house: EdgeHouse;
  const found: Record<string, Readonly<Record<string, string>>> = {};
  /** Runs in the handler of `caller`. */
  let act: (environment: Readonly<Record<string, string>>, call: MemoryCall) => Promise<unknown>;

  before(async () => {
    house = await edgeHouse({
      caller: async (call) => result(await act(environmentOf(call), call)),
      traced: (call) => Promise.resolve(result(call.context.traceId)),
      own: (call) => {
        found['own'] = environmentOf(call);
        return Promise.resolve(result(null));
      },
      elsewhere: (call) => {
        found['elsewhere'] = environmentOf(call);
        return Promise.resolve(result(null));
      },
      streams: async (call) => {
        const stream = call.stream(PLAIN_STREAM);
        await stream.write('one ');
        await stream.write('two');
        return { kind: 'result', payload: Buffer.alloc(0) };
      },
      chain: callsNext,
      link: callsNext,
    });
    for (const name of ['caller', 'echo', 'traced', 'streams']) await house.publish(name, { timeoutMs: 60_000 });
    await house.publish('own', { environment: { AWS_ACCESS_KEY_ID: 'AKIAMINE', AWS_SECRET_ACCESS_KEY: 's' } });
    await house.publish('elsewhere', { environment: { AWS_ENDPOINT_URL: 'http://localstack:4566' } });
    for (const name of ['chain', 'link']) await house.publish(name, { timeoutMs: 60_000, maxConcurrency: 1 });
  });
  after(() => house[Symbol.asyncDispose]());

  /** Runs something as the function `caller`. */
  async function asCaller(then: typeof act): Promise<unknown> {
    act = then;
    const answer = await house.ask(`${INVOKE}/caller/invocations`, { method: 'POST', body: '{}' });
    assert.equal(answer.headers['x-amz-function-error'], undefined, answer.text);
    return JSON.parse(answer.text);
  }

  test("work through AWS's client with the function's own variables", async () => {
    const answer = await asCaller(async (environment) => {
      const client = clientOf(environment);
      const { Payload, ExecutedVersion } = await client.send(
        new InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from('{"a":"é"}') }),
      );
      return [Payload?.transformToString(), ExecutedVersion];
    });
    assert.deepEqual(answer, ['{"a":"é"}', '$LATEST']);
  });

  test('may be asynchronous', async () => {
    const answer = await asCaller(async (environment) => {
      const client = clientOf(environment);
      return (await client.send(new InvokeCommand({ FunctionName: 'echo', InvocationType: 'Event' }))).StatusCode;
    });
    assert.equal(answer, 202);
  });

  test('may be streamed', async () => {
    const answer = await asCaller(async (environment) => {
      const { EventStream } = await clientOf(environment).send(
        new InvokeWithResponseStreamCommand({ FunctionName: 'streams' }),
      );
      let text = '';
      for await (const { PayloadChunk } of EventStream ?? assert.fail())
        text += Buffer.from(PayloadChunk?.Payload ?? []).toString();
      return text;
    });
    assert.equal(answer, 'one two');
  });

  test('work over plain HTTP, and have the trace of the caller', async () => {
    const [text, own] = (await asCaller(async (environment, call) => [
      (await post(environment, `${INVOKE}/traced/invocations`)).text,
      call.context.traceId,
    ])) as [string, string];
    const rootOf = (traceId: string): string | undefined => /^Root=[^;]+/.exec(traceId)?.[0];
    const traceId = JSON.parse(text) as string;
    assert.equal(rootOf(traceId), rootOf(own));
    assert.deepEqual([depthOf(traceId), depthOf(own)], [2, 1], 'one more in the chain');
  });

  test('cannot shorten the chain of calls that their sandbox is in', async () => {
    const [text, own] = (await asCaller(async (environment, call) => {
      const headers = { authorization: `Bearer ${environment['LAM_INVOKE_TOKEN']}`, 'x-amzn-trace-id': 'Root=1-0-0' };
      return [(await post(environment, `${INVOKE}/traced/invocations`, { headers })).text, call.context.traceId];
    })) as [string, string];
    assert.deepEqual([depthOf(JSON.parse(text) as string), depthOf(own)], [2, 1], text);
  });

  test('are refused without the token of a function, also with that of none', async () => {
    const answers = await asCaller((environment) =>
      Promise.all([
        post(environment, `${INVOKE}/echo/invocations`, { headers: {} }),
        post(environment, `${INVOKE}/echo/invocations`, { headers: { authorization: 'Bearer guessed' } }),
        post(environment, `/caller/guessed${INVOKE}/echo/invocations`, { headers: {} }),
        post(environment, `/caller/guessed`),
      ]),
    );
    for (const { status, type, code } of answers as { status: number; type: string; code: string }[])
      assert.deepEqual([status, type, code], [403, 'UnrecognizedClientException', 'LAM_EDGE_CALLER_UNKNOWN']);
  });

  test('reach nothing but the invocation of functions', async () => {
    const paths = ['/_lam/v1/functions', '/_lam/health', '/echo', '/', `${INVOKE}`, `${INVOKE}/echo/versions`];
    const answers = await asCaller((environment) => Promise.all(paths.map((path) => post(environment, path))));
    for (const { status, text } of answers as { status: number; text: string }[]) assert.equal(status, 404, text);
  });

  test('have a token that opens nothing on the port', async () => {
    const token = String(await asCaller((environment) => Promise.resolve(environment['LAM_INVOKE_TOKEN'])));
    const answer = await house.ask('/_lam/v1/functions', { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 403);
  });

  test('are refused once the sandbox has ended', async () => {
    const environment = (await asCaller((own) => Promise.resolve(own))) as Record<string, string>;
    assert.equal((await post(environment, `${INVOKE}/echo/invocations`)).status, 200, 'while it is warm');
    await house.publish('caller', { timeoutMs: 60_000, memoryMiB: 256 });
    await house.operations.functions.remove('caller' as never);
    assert.equal((await post(environment, `${INVOKE}/echo/invocations`)).status, 403);
    await house.publish('caller', { timeoutMs: 60_000 });
    const next = (await asCaller((own) => Promise.resolve(own))) as Record<string, string>;
    assert.notEqual(next['LAM_INVOKE_TOKEN'], environment['LAM_INVOKE_TOKEN']);
  });

  test('leave credentials of the author alone, and find the token in the endpoint', async () => {
    await house.ask(`${INVOKE}/own/invocations`, { method: 'POST', body: '{}' });
    const environment = found['own'] ?? assert.fail();
    assert.equal(environment['AWS_ACCESS_KEY_ID'], 'AKIAMINE');
    assert.equal(environment['AWS_SESSION_TOKEN'], undefined);
    const answer = await clientOf(environment).send(new InvokeCommand({ FunctionName: 'echo' }));
    assert.equal(answer.Payload?.transformToString(), '{}');
  });

  test('leave an endpoint of the author alone', async () => {
    await house.ask(`${INVOKE}/elsewhere/invocations`, { method: 'POST', body: '{}' });
    assert.equal(found['elsewhere']?.['AWS_ENDPOINT_URL_LAMBDA'], undefined);
    assert.match(found['elsewhere']?.['LAM_ENDPOINT'] ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test('that wait for one another are refused, and the others go on', async () => {
    const answer = await house.ask(`${INVOKE}/chain/invocations`, { method: 'POST', body: '["chain"]' });
    const { status, type, code, text } = answer.json();
    assert.deepEqual([status, type, code], [429, 'TooManyRequestsException', 'LAM_ROUTER_CALLS_STUCK'], String(text));
    assert.match(String(text), /the call of 'chain' by 'chain' cannot begin/);
  });

  test('that wait for one another by way of others are refused at the end of the circle', async () => {
    const answer = await house.ask(`${INVOKE}/chain/invocations`, { method: 'POST', body: '["link","chain"]' });
    const first = answer.json() as { status: number; text: string };
    const second = JSON.parse(first.text) as { status: number; text: string };
    assert.deepEqual([first.status, second.status], [200, 429], answer.text);
    assert.match(second.text, /the call of 'chain' by 'link' cannot begin/);
  });

  test('in a chain without a circle go on at the limit', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => house.ask(`${INVOKE}/chain/invocations`, { method: 'POST', body: '["link"]' })),
    );
    for (const answer of answers) assert.deepEqual(answer.json()['status'], 200, answer.text);
  });

  test('are limited in number for one sandbox', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await using slow = await edgeHouse({
      slow: () => gate.then(() => result(null)),
      many: async (call) => {
        const environment = environmentOf(call);
        const answers = Array.from({ length: 65 }, () => post(environment, `${INVOKE}/slow/invocations`));
        const first = await Promise.race(answers);
        open();
        const statuses = (await Promise.all(answers)).map(({ status }) => status);
        return result([first.status, first.code, statuses.filter((status) => status === 200).length]);
      },
    });
    await slow.publish('slow', { maxConcurrency: 1, timeoutMs: 60_000 });
    await slow.publish('many', { timeoutMs: 60_000 });
    const answer = await slow.ask(`${INVOKE}/many/invocations`, { method: 'POST', body: '{}' });
    assert.deepEqual(JSON.parse(answer.text), [429, 'LAM_EDGE_TOO_MANY_CALLS', 64]);
  });

  test('are limited in number also where all their bodies arrive late', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await using slow = await edgeHouse({
      slow: () => gate.then(() => result(null)),
      many: async (call) => {
        const { LAM_ENDPOINT = '', LAM_INVOKE_TOKEN } = environmentOf(call);
        const headers = { authorization: `Bearer ${LAM_INVOKE_TOKEN}`, expect: '100-continue', 'content-length': '2' };
        const requests = Array.from({ length: 80 }, () =>
          send(`${LAM_ENDPOINT}${INVOKE}/slow/invocations`, { method: 'POST', headers, agent: false }),
        );
        const statuses = requests.map(async (request) => {
          const [answer] = (await once(request, 'response')) as [IncomingMessage];
          answer.resume();
          return answer.statusCode;
        });
        // Each is authorized before any body is sent.
        await Promise.all(
          requests.map((request) => {
            request.flushHeaders();
            return once(request, 'continue');
          }),
        );
        for (const request of requests) request.end('{}');
        await Promise.race(statuses);
        open();
        const all = await Promise.all(statuses);
        return result([200, 429].map((status) => all.filter((one) => one === status).length));
      },
    });
    await slow.publish('slow', { maxConcurrency: 1, timeoutMs: 60_000 });
    await slow.publish('many', { timeoutMs: 60_000 });
    const answer = await slow.ask(`${INVOKE}/many/invocations`, { method: 'POST', body: '{}' });
    assert.deepEqual(JSON.parse(answer.text), [64, 16]);
  });
});
