import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deadLetterOf } from '../../../../src/triggers/sqs/run/dead-letter.ts';
import { messageOf } from '../../../../src/triggers/sqs/run/sqs-message.ts';
import { deadNameOf, parseQueue } from '../../../../src/triggers/sqs/queue-name.ts';
import { sqs, type SqsTrigger } from '../../../../src/triggers/sqs/sqs.ts';

const ARN = 'arn:aws:sqs:eu-central-1:123456789012:orders.fifo';

describe('the queue of an SQS trigger', () => {
  test('is read from a name and from an ARN', () => {
    assert.deepEqual(parseQueue('orders'), { name: 'orders', isFifo: false });
    assert.deepEqual(parseQueue(ARN), {
      ...{ name: 'orders.fifo', isFifo: true },
      ...{ region: 'eu-central-1', account: '123456789012' },
    });
    for (const text of [
      '',
      'or ders',
      'orders.fif',
      'https://sqs/1/orders',
      'arn:aws:sns:r:123456789012:t',
      'x'.repeat(81),
    ])
      assert.equal(parseQueue(text), undefined, text);
  });

  test('has a queue for dead letters of the same kind beside it', () => {
    const named = (name: string): string => deadNameOf({ name, isFifo: name.endsWith('.fifo') });
    assert.deepEqual([named('orders'), named('orders.fifo')], ['orders-dead', 'orders-dead.fifo']);
  });

  test('names the trigger', () => {
    assert.equal(sqs.nameOf({ type: 'sqs', queue: ARN }), 'orders.fifo');
  });
});

test('faults of an SQS trigger name the setting', () => {
  const local = { endpoint: 'http://localhost:9324' };
  const faultOf = (config: Partial<SqsTrigger>): string | undefined => {
    const fault = sqs.fault({ type: 'sqs', queue: 'orders', ...config });
    return fault && `${fault.key}: ${fault.fault}`;
  };
  assert.equal(faultOf(local), undefined);
  assert.equal(faultOf({ accessKeyId: 'A', secretAccessKey: '${S}', sessionToken: '${T}' }), undefined);
  assert.match(faultOf({}) ?? '', /^accessKeyId: needs 'accessKeyId' and 'secretAccessKey' for AWS, or an 'endpoint'$/);
  assert.match(faultOf({ ...local, queue: 'or ders' }) ?? '', /^queue: has a faulty queue: it must be a name/);
  assert.match(faultOf({ ...local, deadLetterQueue: 'or ders' }) ?? '', /^deadLetterQueue: has a faulty/);
  assert.match(faultOf({ ...local, deadLetterQueue: 'orders' }) ?? '', /^deadLetterQueue: would read its own/);
  assert.match(faultOf({ ...local, deadLetterQueue: 'dead.fifo' }) ?? '', /its name must not end in \.fifo/);
  assert.match(faultOf({ ...local, queue: 'o.fifo', deadLetterQueue: 'dead' }) ?? '', /its name must end in \.fifo/);
  assert.match(
    faultOf({ endpoint: 'localhost:9324' }) ?? '',
    /^endpoint: has a faulty endpoint: it must be a URL like http:/,
  );
  assert.match(
    faultOf({ ...local, accessKeyId: 'A', secretAccessKey: 'S' }) ?? '',
    /^secretAccessKey: .* must not be written out/,
  );
  assert.match(faultOf({ ...local, accessKeyId: 'A' }) ?? '', /^secretAccessKey: needs 'secretAccessKey' too/);
  assert.match(faultOf({ ...local, secretAccessKey: '${S}' }) ?? '', /^accessKeyId: needs 'accessKeyId' too/);
});

describe('a dead letter of SQS', () => {
  const cause = { attempts: 3, errorType: 'Error', errorMessage: `bad\u0000${'x'.repeat(2000)}` };
  const received = {
    MessageId: 'm1',
    Body: 'text',
    Attributes: { MessageGroupId: 'g', ApproximateReceiveCount: '4' },
    MessageAttributes: Object.fromEntries(
      Array.from({ length: 7 }, (_, n) => [`a${n}`, { DataType: 'String', StringValue: 'v' }]),
    ),
  };

  test('has no more attributes than SQS allows, its own first, and a cause in allowed characters', () => {
    const message = messageOf(received, { arn: 'arn:q', region: 'r', isFifo: false });
    assert.equal(message.deliveries, 4);
    assert.deepEqual(deadLetterOf(message, 'arn:q', undefined).MessageAttributes, message.received.MessageAttributes);
    const { MessageAttributes = {}, ...rest } = deadLetterOf(message, 'arn:q', cause);
    assert.deepEqual(rest, { MessageBody: 'text' });
    const names = Object.keys(MessageAttributes);
    assert.deepEqual(names.slice(7), ['lam-error-type', 'lam-error-message', 'lam-attempts']);
    assert.equal(MessageAttributes['lam-error-message']?.StringValue, `bad?${'x'.repeat(1020)}`);
  });

  test('keeps its group in a FIFO queue, and its id makes it unique', () => {
    const message = messageOf(received, { arn: 'arn:q.fifo', region: 'r', isFifo: true });
    const { MessageGroupId, MessageDeduplicationId } = deadLetterOf(message, 'arn:q.fifo', cause);
    assert.deepEqual([message.key, MessageGroupId, MessageDeduplicationId], ['g', 'g', 'm1']);
  });
});
