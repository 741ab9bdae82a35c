import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDestination } from '../../../src/triggers/read-destination.ts';

/** The words on a destination in lam.yaml: its fault, or how it is called. */
function wordsOn(setting: object): string {
  const found = readDestination(setting);
  return 'fault' in found ? found.fault : found.kind.labelOf(found.config);
}

describe('a destination', () => {
  test('of type sqs says what is wrong with its queue, its group or its keys', () => {
    const local = { type: 'sqs', queue: 'failed', endpoint: 'http://localhost:9324' };
    assert.equal(wordsOn(local), "queue 'failed' of SQS");
    const arn = 'arn:aws:sqs:eu-central-1:123456789012:failed.fifo';
    const keys = { accessKeyId: 'AKID', secretAccessKey: '${SECRET}' };
    assert.equal(wordsOn({ type: 'sqs', queue: arn, groupId: 'orders', ...keys }), "queue 'failed.fifo' of SQS");
    assert.match(wordsOn({ ...local, queue: 'fai led' }), /has a faulty queue: it must be a name/);
    assert.match(wordsOn({ ...local, groupId: 'orders' }), /has a groupId, but 'failed' is no FIFO queue/);
    assert.match(wordsOn({ ...local, queue: 'failed.fifo', groupId: 'all orders' }), /has a faulty groupId/);
    assert.match(wordsOn({ type: 'sqs', queue: 'failed' }), /for AWS, or an 'endpoint'/);
    assert.match(wordsOn({ ...local, ...keys, secretAccessKey: 's3cret' }), /must not be written out/);
  });
});
