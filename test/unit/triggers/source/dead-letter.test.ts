import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sendFitting, shortened } from '../../../../src/triggers/source/run/dead-letter.ts';

/** With which causes a dead letter is sent while `error` is the answer to those with one. */
async function triesWith(error: Error): Promise<readonly boolean[]> {
  const tries: boolean[] = [];
  await sendFitting((withCause) => {
    tries.push(withCause);
    return withCause ? Promise.reject(error) : Promise.resolve();
  }).catch(() => undefined);
  return tries;
}

describe('a dead letter', () => {
  test('is sent again without its cause when it is too long for the broker, and only then', async () => {
    const errors = [
      new AggregateError([
        new AggregateError([new Error('The request included a message larger than the max message size')]),
      ]),
      new Error("'payload' max_payload size exceeded"),
      new Error('message size exceeds maximum allowed'),
      Object.assign(new Error('MessageTooLong'), { name: 'InvalidAttributeValue' }),
      new Error('One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.'),
    ];
    for (const error of errors) assert.deepEqual(await triesWith(error), [true, false], error.message);
    for (const error of [new Error('the connection is closed'), new AggregateError([new Error('no leader')])])
      assert.deepEqual(await triesWith(error), [true]);
    await assert.rejects(
      sendFitting(() => Promise.reject(new Error('MessageTooLong'))),
      /MessageTooLong/,
    );
  });

  test('has texts that fit into headers', () => {
    const long = 'x'.repeat(5000);
    const cause = shortened({ attempts: 3, errorType: long, errorMessage: long });
    assert.deepEqual([cause.attempts, cause.errorType.length, cause.errorMessage.length], [3, 1000, 1000]);
    const short = { attempts: 1, errorType: 'Error', errorMessage: 'no' };
    assert.deepEqual(shortened(short), short);
  });
});
