import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  TooManyRequestsException,
  InvalidRequestContentException,
} from '@aws-sdk/client-lambda';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { asFunctionName } from '../support/ids.ts';

describe("AWS's own client", () => {
  let house: EdgeHouse;
  let client: LambdaClient;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  before(async () => {
    house = await edgeHouse({
      fails: () =>
        Promise.resolve({
          kind: 'error',
          payload: Buffer.from('{"errorType":"Error","errorMessage":"no","trace":[]}'),
          errorType: 'Error',
        }),
      full: (call) => gate.then(() => ({ kind: 'result', payload: call.event })),
      context: (call) =>
        Promise.resolve({ kind: 'result', payload: Buffer.from(call.context.clientContext ?? 'null') }),
    });
    for (const name of ['hello', 'fails', 'context']) await house.publish(name);
    await house.publish('hello', { memoryMiB: 256 });
    await house.publish('full', { maxConcurrency: 1, maxQueue: 0 });
    client = new LambdaClient({
      endpoint: house.url,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
  });
  after(async () => {
    open();
    client.destroy();
    await house[Symbol.asyncDispose]();
  });

  test('gets the payload, the version and no error', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'hello', Payload: Buffer.from('{"a":"é"}') }));
    assert.equal(answer.StatusCode, 200);
    assert.equal(answer.Payload?.transformToString(), '{"a":"é"}');
    assert.equal(answer.ExecutedVersion, '$LATEST');
    assert.equal(answer.FunctionError, undefined);
  });

  test('may omit the payload', async () => {
    assert.equal((await client.send(new InvokeCommand({ FunctionName: 'hello' }))).Payload?.transformToString(), '{}');
  });

  test('reaches a version by ARN and by Qualifier', async () => {
    for (const input of [
      { FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:hello:1' },
      { FunctionName: 'hello', Qualifier: '1' },
      { FunctionName: 'hello:1' },
    ]) {
      assert.equal((await client.send(new InvokeCommand(input))).ExecutedVersion, '1');
    }
    assert.equal(
      (await client.send(new InvokeCommand({ FunctionName: 'hello', Qualifier: '$LATEST' }))).ExecutedVersion,
      '$LATEST',
    );
  });

  test('gets the end of the log', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'hello', LogType: 'Tail' }));
    assert.match(
      Buffer.from(answer.LogResult ?? '', 'base64').toString(),
      /^START RequestId: .*\nEND RequestId: .*\nREPORT RequestId: /,
    );
  });

  test('passes on its client context', async () => {
    const context = { custom: { a: 1 } };
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: 'context',
        ClientContext: Buffer.from(JSON.stringify(context)).toString('base64'),
      }),
    );
    assert.deepEqual(JSON.parse(answer.Payload?.transformToString() ?? ''), context);
  });

  test('sees the error of a function beside its document', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'fails' }));
    assert.equal(answer.FunctionError, 'Unhandled');
    assert.equal(answer.Payload?.transformToString(), '{"errorType":"Error","errorMessage":"no","trace":[]}');
  });

  test('gets 204 for a dry run', async () => {
    assert.equal(
      (await client.send(new InvokeCommand({ FunctionName: 'hello', InvocationType: 'DryRun' }))).StatusCode,
      204,
    );
  });

  test('throws ResourceNotFoundException for a missing function', async () => {
    await assert.rejects(client.send(new InvokeCommand({ FunctionName: 'nobody' })), (error) => {
      assert.ok(error instanceof ResourceNotFoundException);
      assert.equal(error.Type, 'User');
      assert.match(error.message, /nobody/);
      return true;
    });
  });

  test('throws InvalidRequestContentException for a payload that is not JSON', async () => {
    await assert.rejects(
      client.send(new InvokeCommand({ FunctionName: 'hello', Payload: Buffer.from('{') })),
      (error) => {
        assert.ok(error instanceof InvalidRequestContentException);
        assert.match(error.message, /^Could not parse request body into json/);
        return true;
      },
    );
  });

  test('throws TooManyRequestsException when throttled', async () => {
    const runs = client.send(new InvokeCommand({ FunctionName: 'full', Payload: Buffer.from('1') }));
    while (house.pool.counts(asFunctionName('full')).busy === 0) await new Promise(setImmediate);
    await assert.rejects(client.send(new InvokeCommand({ FunctionName: 'full' })), (error) => {
      assert.ok(error instanceof TooManyRequestsException);
      assert.equal(error.Reason, 'ConcurrentInvocationLimitExceeded');
      assert.equal(error.retryAfterSeconds, '1');
      return true;
    });
    open();
    assert.equal((await runs).Payload?.transformToString(), '1');
  });
});
