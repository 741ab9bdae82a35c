import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ResourceNotFoundException,
  type InvokeWithResponseStreamCommandInput,
} from '@aws-sdk/client-lambda';
import { PLAIN_STREAM } from '../../src/contract/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

const MIB = 1024 * 1024;

describe("AWS's own client with a response stream", () => {
  let house: EdgeHouse;
  let client: LambdaClient;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  before(async () => {
    house = await edgeHouse({
      pieces: async (call) => {
        const stream = call.stream(PLAIN_STREAM);
        call.print('stdout', 'printed');
        await stream.write('one ');
        await gate;
        await stream.write('two');
        return { kind: 'result', payload: Buffer.alloc(0) };
      },
      broken: async (call) => {
        await call.stream(PLAIN_STREAM).write('half');
        return { kind: 'error', payload: Buffer.from('{"errorMessage":"no"}'), errorType: 'RangeError' };
      },
      fails: () => Promise.resolve({ kind: 'error', payload: Buffer.from('{"errorMessage":"no"}'), errorType: 'E' }),
      large: async (call) => {
        const stream = call.stream(PLAIN_STREAM);
        for (let i = 0; i < 8; i++) await stream.write(Buffer.alloc(MIB, i));
        return { kind: 'result', payload: Buffer.alloc(0) };
      },
    });
    for (const name of ['pieces', 'broken', 'fails', 'large', 'whole']) await house.publish(name);
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

  const send = (FunctionName: string, more: Partial<InvokeWithResponseStreamCommandInput> = {}) =>
    client.send(new InvokeWithResponseStreamCommand({ FunctionName, Payload: Buffer.from('{"a":1}'), ...more }));

  /** The text of all pieces, and how it ended. */
  async function read(name: string, more: Partial<InvokeWithResponseStreamCommandInput> = {}) {
    const answer = await send(name, more);
    const pieces: Uint8Array[] = [];
    for await (const event of answer.EventStream ?? assert.fail()) {
      if (event.PayloadChunk?.Payload !== undefined) pieces.push(event.PayloadChunk.Payload);
      if (event.InvokeComplete !== undefined)
        return { answer, bytes: Buffer.concat(pieces), complete: event.InvokeComplete };
    }
    return assert.fail('it has no end');
  }

  test('gets each piece as it comes, then how it ended, with the log', async () => {
    const answer = await send('pieces', { LogType: 'Tail', Qualifier: '1' });
    assert.deepEqual([answer.StatusCode, answer.ExecutedVersion], [200, '1']);
    const texts: string[] = [];
    for await (const event of answer.EventStream ?? assert.fail()) {
      if (event.PayloadChunk !== undefined) texts.push(Buffer.from(event.PayloadChunk.Payload ?? []).toString());
      // The function goes on only now.
      open();
      if (event.InvokeComplete === undefined) continue;
      assert.equal(event.InvokeComplete.ErrorCode, undefined);
      const log = Buffer.from(event.InvokeComplete.LogResult ?? '', 'base64').toString();
      assert.match(log, /START[^]*printed[^]*REPORT/);
    }
    assert.deepEqual(texts, ['one ', 'two']);
  });

  test('gets a whole answer in one piece', async () => {
    const { bytes, complete } = await read('whole');
    assert.deepEqual([bytes.toString(), complete], ['{"a":1}', {}]);
  });

  test('gets more than Invoke may answer', async () => {
    const { bytes } = await read('large');
    assert.deepEqual([bytes.length, bytes[0], bytes.at(-1)], [8 * MIB, 0, 7]);
  });

  test('gets an error as the end of the stream, also in the middle', async () => {
    const broken = await read('broken');
    assert.equal(broken.bytes.toString(), 'half');
    assert.deepEqual(broken.complete, { ErrorCode: 'RangeError', ErrorDetails: '{"errorMessage":"no"}' });
    const fails = await read('fails');
    assert.deepEqual([fails.bytes.length, fails.complete.ErrorCode], [0, 'E']);
  });

  test('gets errors of lam as those of Invoke', async () => {
    await assert.rejects(send('missing'), (error) => error instanceof ResourceNotFoundException);
    const dry = await send('whole', { InvocationType: 'DryRun' });
    assert.equal(dry.StatusCode, 204);
  });
});
