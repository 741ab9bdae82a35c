import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { awsHouse, type AwsHouse } from '../support/aws-house.ts';
import type { Kept, RecordedBehaviour } from './aws-recorded/behaviour.ts';
import { assertAnswer, holds, type Received } from './aws-recorded/compare.ts';
import { HANDLERS } from './aws-recorded/invoke.ts';
import { RECORDED } from './aws-recorded/list.ts';

/** Lets the client keep what it received, before it makes objects of it. */
function tap(client: LambdaClient): () => Received | undefined {
  let last: Received | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; headers: Record<string, string>; body: Readable };
      const bytes = await buffer(response.body);
      last = { status: response.statusCode, headers: response.headers, text: bytes.toString() };
      response.body = Readable.from([bytes]);
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  return () => last;
}

describe('of the behaviours that AWS was recorded with', () => {
  let house: AwsHouse;
  let received: () => Received | undefined;
  before(async () => {
    house = await awsHouse(HANDLERS);
    received = tap(house.client);
  });
  after(() => house[Symbol.asyncDispose]());

  async function answerTo({ ask }: RecordedBehaviour, kept: Kept): Promise<Received> {
    const given = await ask(house.client, kept).catch((error: unknown) => {
      // Errors of the service; others never came from an answer.
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === undefined) throw error;
    });
    if (given instanceof Response)
      return { status: given.status, headers: Object.fromEntries(given.headers), text: await given.text() };
    const answer = received();
    assert.ok(answer !== undefined);
    return answer;
  }

  for (const { about, prepare, rows } of RECORDED)
    describe(about, () => {
      const kept: Kept = {};
      before(() => prepare?.(house.client, kept));
      for (const row of rows)
        test(row.differs === undefined ? row.what : `${row.what} (differs: ${row.differs.why})`, async () => {
          const answer = await answerTo(row, kept);
          if (row.differs !== undefined) {
            assertAnswer(answer, row.differs.here);
            assert.equal(holds(answer, row.aws), false, 'it no longer differs');
          } else assertAnswer(answer, row.aws);
          row.also?.(answer.text === '' ? {} : (JSON.parse(answer.text) as Record<string, unknown>), kept);
        });
    });
});
