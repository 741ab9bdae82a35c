import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { AsyncPage, AsyncResult } from '../../src/contract/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';
import type { MemoryCall } from '../support/memory-driver.ts';

const path = '/2015-03-31/functions/again/invocations';

/** What a call of the function by itself came to, for its own answer. */
type CallItself = (call: MemoryCall) => Promise<string>;

describe('a function that calls itself', () => {
  let house: EdgeHouse;
  let client: LambdaClient;
  let runs = 0;
  let callItself: CallItself;
  before(async () => {
    house = await edgeHouse({
      again: async (call): Promise<InvokeOutcome> => {
        runs++;
        return { kind: 'result', payload: Buffer.from(await callItself(call)) };
      },
    });
    await house.publish('again', { timeoutMs: 60_000, triggers: [{ type: 'http', route: 'ANY /again' }] });
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    client = new LambdaClient({ endpoint: house.url, region: 'us-east-1', maxAttempts: 1, credentials });
  });
  afterEach(() => {
    runs = 0;
    delete process.env['_X_AMZN_TRACE_ID'];
    delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
  });
  after(async () => {
    client.destroy();
    await house[Symbol.asyncDispose]();
  });
  const begin = (headers: Record<string, string> = {}): Promise<Answer> =>
    house.ask(path, { method: 'POST', body: '{}', headers });

  test("through AWS's SDK is refused at the seventeenth call, with the exception of AWS", async () => {
    callItself = async ({ context }) => {
      // What the runtimes of functions set, and the SDK sends as X-Amzn-Trace-Id.
      process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'again';
      process.env['_X_AMZN_TRACE_ID'] = context.traceId;
      return client.send(new InvokeCommand({ FunctionName: 'again' })).then(
        ({ Payload }) => Payload?.transformToString() ?? '',
        (error: Error) => JSON.stringify(`${error.name}: ${error.message}`),
      );
    };
    const answer = await begin();
    assert.equal(
      answer.text,
      `"RecursiveInvocationException: function 'again' was called by a chain of 16 functions, and no chain may be longer"`,
    );
    assert.equal(runs, 16);
  });

  const ways: [string, (call: MemoryCall) => Record<string, string>][] = [
    ['with its trace header', ({ context }) => ({ 'x-amzn-trace-id': context.traceId })],
    ['with the trace header of its event', ({ event }) => ({ 'x-amzn-trace-id': headerOf(event, 'x-amzn-trace-id') })],
    ['with the depth alone', ({ context }) => ({ 'x-lam-depth': context.traceId.split(':').at(-1) ?? '' })],
  ];
  for (const [way, headersOf] of ways)
    test(`over HTTP ${way} is refused at the seventeenth call`, async () => {
      callItself = async (call) => (await house.ask('/again', { headers: headersOf(call) })).text;
      const answer = await house.ask('/again');
      assert.deepEqual(
        [answer.status, JSON.parse(answer.text)],
        [
          200,
          {
            message: "function 'again' was called by a chain of 16 functions, and no chain may be longer",
            code: 'LAM_ROUTER_LOOP',
            hint: 'look for the function that calls itself, directly or through others: lam logs again',
          },
        ],
      );
      assert.equal(runs, 16);
    });

  test('asynchronously becomes a dead letter', async () => {
    callItself = async ({ context }) => {
      const headers = { 'x-amz-invocation-type': 'Event', 'x-amzn-trace-id': context.traceId };
      return String((await begin(headers)).status);
    };
    await begin();
    const dead = async (): Promise<AsyncPage> =>
      (await house.control('/_lam/v1/invocations?dead=1&limit=10')).json() as unknown as AsyncPage;
    let page = await dead();
    while (page.invocations.length === 0) page = await dead();
    const [letter] = page.invocations;
    const { history, ...detail } = (
      await house.control(`/_lam/v1/invocations/${letter?.id}`)
    ).json() as unknown as AsyncResult;
    assert.deepEqual(
      [detail.dead, history.map((attempt) => attempt.errorType)],
      ['RecursiveInvocation', ['RecursiveInvocationException']],
    );
    assert.equal(runs, 16);
  });

  const bad = ['', '-1', '1.5', 'deep', '1e400', '99999999999999999999'];
  for (const depth of bad)
    test(`ignores the depth '${depth}', which is none`, async () => {
      callItself = ({ context }) => Promise.resolve(JSON.stringify(context.traceId.split(';').at(-1)));
      assert.equal((await begin({ 'x-lam-depth': depth })).text, '"Lineage=1:6c616d00:1"');
    });

  test('is refused with 400 where the caller says that it is the seventeenth', async () => {
    const answer = await begin({ 'x-lam-depth': '16' });
    assert.deepEqual(
      [answer.status, answer.headers['x-amzn-errortype'], runs],
      [400, 'RecursiveInvocationException', 0],
    );
  });
});

function headerOf(event: Uint8Array, name: string): string {
  const { headers } = JSON.parse(Buffer.from(event).toString()) as { headers: Record<string, string> };
  return headers[name] ?? '';
}
