import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { lamSession } from '../e2e/session.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { Cable } from '../support/brokers/cable.ts';
import { checkDestination } from '../support/brokers/destination-check.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { NO_ELASTICMQ, startElasticmq } from '../support/brokers/elasticmq.ts';
import { SignatureGate } from '../support/brokers/signature-gate.ts';
import { inOrder, sourceHouse, until } from '../support/brokers/source-house.ts';

interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfMessageAttributes?: string;
  readonly attributes: Readonly<Record<string, string>>;
}
interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

const bodiesOf = ({ Records }: SqsEvent): string[] => Records.map(({ body }) => body);
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);

describe('an SQS queue', { skip: NO_ELASTICMQ }, () => {
  let broker: Broker;
  let client: SQSClient;
  before(async () => {
    broker = await startElasticmq();
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    client = new SQSClient({ endpoint: `http://127.0.0.1:${broker.port}`, region: 'eu-west-1', credentials });
  });
  after(async () => {
    client?.destroy();
    await broker?.[Symbol.asyncDispose]();
  });

  const trigger = (queue: string, more: object = {}, port = broker.port) => ({
    type: 'sqs',
    queue,
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    create: true,
    waitTime: 1,
    retryDelay: 0.01,
    ...more,
  });

  async function urlOf(queue: string): Promise<string> {
    const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName: queue }));
    return QueueUrl;
  }

  async function create(queue: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> {
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: queue, Attributes: attributes }));
    return QueueUrl;
  }

  async function send(queue: string, bodies: readonly string[], groupOf?: (body: string) => string): Promise<void> {
    const url = await urlOf(queue);
    for (let at = 0; at < bodies.length; at += 10)
      await client.send(
        new SendMessageBatchCommand({
          QueueUrl: url,
          Entries: bodies.slice(at, at + 10).map((body, n) => ({
            Id: String(n),
            MessageBody: body,
            ...(groupOf === undefined ? {} : { MessageGroupId: groupOf(body), MessageDeduplicationId: body }),
          })),
        }),
      );
  }

  async function sendOne(queue: string, message: Omit<SendMessageCommandInput, 'QueueUrl'>): Promise<string> {
    const { MessageId = '' } = await client.send(new SendMessageCommand({ QueueUrl: await urlOf(queue), ...message }));
    return MessageId;
  }

  /** Takes a message that is in a queue or will be. */
  async function takeFrom(queue: string): Promise<Message> {
    const url = await urlOf(queue);
    for (;;) {
      const request = { QueueUrl: url, WaitTimeSeconds: 5, MaxNumberOfMessages: 1 };
      const asked = { MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] };
      const [message] = (await client.send(new ReceiveMessageCommand({ ...request, ...asked }))).Messages ?? [];
      if (message === undefined) continue;
      await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
      return message;
    }
  }

  /** Messages of a queue: those that wait, and those that somebody has received. */
  async function lengthsOf(queue: string): Promise<{ readonly visible: number; readonly hidden: number }> {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: await urlOf(queue), AttributeNames: ['All'] }),
    );
    return {
      visible: Number(Attributes.ApproximateNumberOfMessages),
      hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    };
  }

  const isEmpty = async (queue: string): Promise<boolean> => {
    const { visible, hidden } = await lengthsOf(queue);
    return visible + hidden === 0;
  };

  test("arrives as Lambda's event for SQS, and only messages that a filter lets pass", async () => {
    const events: SqsEvent[] = [];
    await using consumer = await sourceHouse((event: SqsEvent) => void events.push(event));
    await create('shapes');
    await send('shapes', ['{"kind":"other"}', 'no JSON']);
    const messageId = await sendOne('shapes', {
      MessageBody: '{"kind":"order"}',
      MessageAttributes: {
        who: { DataType: 'String', StringValue: 'me' },
        photo: { DataType: 'Binary', BinaryValue: Buffer.from('xyz') },
      },
    });
    await consumer.deploy([trigger('shapes', { filters: ['{"body":{"kind":["order"]}}'] })]);
    const { counts } = await consumer.reaches(({ counts: c }) => c?.received === 3 && c.held === 0);
    assert.deepEqual([counts?.succeeded, counts?.filtered, counts?.dead], [1, 2, 0]);
    const [event] = events;
    const [record] = event?.Records ?? [];
    assert.ok(record);
    const { attributes, receiptHandle, md5OfMessageAttributes, ...rest } = record;
    assert.match(md5OfMessageAttributes ?? '', /^[0-9a-f]{32}$/);
    assert.equal(receiptHandle.includes(messageId), true);
    assert.deepEqual(rest, {
      messageId,
      body: '{"kind":"order"}',
      messageAttributes: {
        who: { stringValue: 'me', stringListValues: [], binaryListValues: [], dataType: 'String' },
        photo: { binaryValue: 'eHl6', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfBody: createHash('md5').update('{"kind":"order"}').digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:elasticmq:000000000000:shapes',
      awsRegion: 'eu-west-1',
    });
    assert.deepEqual(Object.keys(attributes).sort(), [
      ...['ApproximateFirstReceiveTimestamp', 'ApproximateReceiveCount', 'SenderId', 'SentTimestamp'],
    ]);
    assert.equal(attributes['ApproximateReceiveCount'], '1');
    await until(() => isEmpty('shapes'));
    await consumer.reaches(({ lag }) => lag === 0);
  });

  test('gathers batches of more messages than one request returns', async () => {
    const sizes: number[] = [];
    await using consumer = await sourceHouse((event: SqsEvent) => void sizes.push(event.Records.length));
    await create('many');
    await send('many', numbers(120));
    await consumer.deploy([trigger('many', { batchSize: 60, batchWindow: 300 })]);
    await consumer.reaches(({ counts }) => counts?.succeeded === 120 && counts.held === 0);
    assert.deepEqual(sizes, [60, 60]);
    await until(() => isEmpty('many'));
  });

  test('repeats only failed messages, and moves them to the dead letters in the end', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: SqsEvent) => {
      seen.push(...bodiesOf(event));
      const failed = event.Records.filter(({ body }) => body === 'poison');
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    await consumer.deploy([trigger('failing', { maxRetries: 1 })]);
    await consumer.reaches(({ state }) => state === 'running');
    await send('failing', ['a', 'b']);
    const attributes = { who: { DataType: 'String', StringValue: 'me' } };
    const id = await sendOne('failing', { MessageBody: 'poison', MessageAttributes: attributes });
    const dead = await takeFrom('failing-dead');
    assert.equal(dead.Body, 'poison');
    const texts = Object.entries(dead.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]);
    assert.deepEqual(Object.fromEntries(texts), {
      who: 'me',
      'lam-error-type': 'BatchItemFailure',
      'lam-error-message': 'the handler named it in batchItemFailures',
      'lam-attempts': '2',
      'lam-queue': 'arn:aws:sqs:elasticmq:000000000000:failing',
      'lam-message-id': id,
    });
    await consumer.reaches(({ counts }) => counts?.succeeded === 2 && counts.dead === 1 && counts.held === 0);
    assert.deepEqual(seen.toSorted(), ['a', 'b', 'poison', 'poison']);
    await until(() => isEmpty('failing'));
  });

  test("obeys the queue's own redrive policy, and needs a queue for dead letters where there is none", async () => {
    await create('policy-lost');
    const policy = { deadLetterTargetArn: 'arn:aws:sqs:elasticmq:000000000000:policy-lost', maxReceiveCount: 2 };
    await create('policy', { RedrivePolicy: JSON.stringify(policy) });
    await create('bare');
    let attempts = 0;
    await using consumer = await sourceHouse(() => {
      attempts++;
      throw new Error('never');
    });
    await consumer.deploy([trigger('bare', { create: false })]);
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(
      cause ?? '',
      /has no place for dead letters of 'bare', .* name one in 'deadLetterQueue', or set 'keepFailing'$/,
    );
    await consumer.deploy([trigger('policy', { create: false })]);
    await send('policy', ['poison']);
    assert.equal((await takeFrom('policy-lost')).Body, 'poison');
    assert.equal(attempts, 2);
    await until(() => isEmpty('policy'));
  });

  test('holds back the group of a failing message in a FIFO queue, and no other group', async () => {
    const seen: string[] = [];
    const { promise: mayPass, resolve: pass } = Promise.withResolvers<void>();
    let failures = 0;
    await using consumer = await sourceHouse(async (event: SqsEvent) => {
      const bodies = bodiesOf(event);
      if (bodies.includes('A0') && ++failures < 3) {
        if (failures === 2) await mayPass;
        throw new Error('not yet');
      }
      seen.push(...bodies);
    });
    const sent = ['A', 'B', 'C'].flatMap((group) => numbers(12).map((_, n) => `${group}${n}`));
    await consumer.deploy([trigger('groups.fifo', { parallelism: 4, batchSize: 4 })]);
    await consumer.reaches(({ state }) => state === 'running');
    await send('groups.fifo', sent, ([group = '']) => group);
    await until(() => seen.filter((body) => !body.startsWith('A')).length >= 24);
    assert.deepEqual(
      seen.filter((body) => body.startsWith('A')),
      [],
    );
    pass();
    await until(() => seen.filter((body) => body.startsWith('A')).length >= 12);
    for (const group of ['A', 'B', 'C'])
      inOrder(
        seen.filter((body) => body.startsWith(group)),
        sent.filter((body) => body.startsWith(group)),
      );
    await until(() => isEmpty('groups.fifo'));
  });

  test('that does not exist is an error, unless the trigger creates it', async () => {
    await using consumer = await sourceHouse(() => undefined);
    await consumer.deploy([trigger('absent', { create: false, deadLetterQueue: 'absent-too' })]);
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.equal(cause, `SQS at 127.0.0.1:${broker.port} has no queue 'absent'`);
    await create('absent');
    const next = await consumer.reaches(({ cause: now }) => now?.includes('absent-too') === true);
    assert.equal(next.cause, `SQS at 127.0.0.1:${broker.port} has no queue 'absent-too'`);
    await create('absent-too');
    await consumer.reaches(({ state }) => state === 'running');
  });

  test('with wrong credentials is tried again with the right ones, and shows no secret', async () => {
    const keys = { accessKeyId: 'AKIDRIGHT', secretAccessKey: 'right/secret' };
    await using gate = await SignatureGate.to(broker.port, keys);
    await using consumer = await sourceHouse(() => undefined);
    const guarded = trigger('guarded', { accessKeyId: '${KEY}', secretAccessKey: '${SECRET}' }, gate.port);
    await consumer.deploy([guarded]);
    const missing = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(missing.cause ?? '', /needs the variable 'KEY'/);
    await consumer.deploy([guarded], { KEY: keys.accessKeyId, SECRET: 'wrong/secret' });
    const denied = await consumer.reaches(({ cause }) => cause?.includes('refuses') === true);
    assert.match(denied.cause ?? '', /^SQS at 127\.0\.0\.1:\d+ refuses access: the request is not signed/);
    assert.doesNotMatch(JSON.stringify(denied), /wrong/);
    assert.equal(denied.since, missing.since);
    await consumer.deploy([guarded], { KEY: keys.accessKeyId, SECRET: keys.secretAccessKey });
    await consumer.reaches(({ state }) => state === 'running');
    await send('guarded', ['1']);
    await consumer.reaches(({ counts }) => counts?.succeeded === 1);
  });

  test('keeps a message hidden from other consumers for as long as its handler runs', async () => {
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    await using consumer = await sourceHouse(async () => {
      runs();
      await mayEnd;
    });
    await create('slow');
    await send('slow', ['1']);
    await consumer.deploy([trigger('slow', { visibilityTimeout: 8 })]);
    await isRunning;
    const request = { QueueUrl: await urlOf('slow'), WaitTimeSeconds: 12 };
    assert.deepEqual((await client.send(new ReceiveMessageCommand(request))).Messages ?? [], []);
    end();
    await consumer.reaches(({ counts }) => counts?.succeeded === 1 && counts.held === 0);
    await until(() => isEmpty('slow'));
  });

  test('gets back what was not handled when the daemon stops', async () => {
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const consumer = await sourceHouse(async () => {
      runs();
      await mayEnd;
    });
    await create('returned', { VisibilityTimeout: '3600' });
    await send('returned', ['1', '2', '3']);
    await consumer.deploy([trigger('returned', { batchSize: 1 })]);
    await isRunning;
    const stopped = consumer[Symbol.asyncDispose]();
    end();
    await stopped;
    await until(async () => (await lengthsOf('returned')).visible === 2);
    assert.equal((await lengthsOf('returned')).hidden, 0);
  });

  test('loses nothing and keeps the order of groups when the connection is cut', async () => {
    await using cable = await Cable.to(broker.port);
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: SqsEvent) => void seen.push(...bodiesOf(event)));
    await consumer.deploy([trigger('cut.fifo', { batchSize: 3, visibilityTimeout: 2 }, cable.port)]);
    await consumer.reaches(({ state }) => state === 'running');
    const sent = numbers(100);
    const groupOf = (body: string): string => `g${Number(body.slice(1)) % 5}`;
    await send('cut.fifo', sent.slice(0, 60), groupOf);
    await until(() => seen.length > 20);
    cable.cut();
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /^the connection to SQS at 127\.0\.0\.1:\d+ was lost: |cannot be reached: /);
    await send('cut.fifo', sent.slice(60), groupOf);
    cable.mend();
    await until(() => new Set(seen).size === sent.length);
    for (const group of new Set(sent.map((body) => groupOf(body)))) {
      const ofGroup = (body: string): boolean => groupOf(body) === group;
      inOrder(
        seen.filter((body) => ofGroup(body)),
        sent.filter((body) => ofGroup(body)),
      );
    }
    await until(() => isEmpty('cut.fifo'));
  });

  for (const [queue, group] of [['records'], ['records.fifo', 'consumer']] as const)
    test(`is a destination, as ${queue}: it gets records once it exists, and over a lost connection`, async () => {
      const [accessKeyId, password, messages] = ['AKIDRIGHT', 'right/secret', [] as Message[]];
      await using gate = await SignatureGate.to(broker.port, { accessKeyId, secretAccessKey: password });
      await using cable = await Cable.to(gate.port);
      const endpoint = `http://127.0.0.1:${cable.port}`;
      await checkDestination({
        config: { type: 'sqs', queue, endpoint, accessKeyId, secretAccessKey: '${PASSWORD}' },
        ...{ password, cable, refusal: /not signed/, absence: new RegExp(`there is no queue '${queue}'`) },
        received: async () => {
          messages.push(await takeFrom(queue));
          return messages.map(({ Body = '' }) => Body);
        },
      });
      for (const { Attributes, MessageAttributes } of messages) {
        const id = MessageAttributes?.['lam-record-id']?.StringValue;
        assert.deepEqual([Attributes?.MessageGroupId, Attributes?.MessageDeduplicationId], [group, group && id]);
      }
    });

  test('runs the example of docs/triggers.md, which can be paused', async () => {
    await using s = await lamSession();
    const cwd = s.files('invoices', docExample('sqs', { usualPort: 9324, port: broker.port }));
    await s.ok(['deploy', '--env', 'SQS_SECRET=s3cret'], { cwd });
    await until(async () => (await s.run(['describe', 'invoices'])).stdout.includes("sqs 'invoices' running"));
    await send('invoices', ['{"id":1}', '{"id":2}']);
    await until(async () => (await s.run(['logs', 'invoices'])).stdout.includes('invoice 2'));
    await s.ok(['trigger', 'pause', 'invoices']);
    await until(async () => (await s.run(['describe', 'invoices'])).stdout.includes("sqs 'invoices' paused"));
    await send('invoices', ['{"id":3}']);
    assert.deepEqual(await lengthsOf('invoices'), { visible: 1, hidden: 0 });
    await s.ok(['trigger', 'resume', 'invoices']);
    await until(async () => (await s.run(['logs', 'invoices'])).stdout.includes('invoice 3'));
    const shown = (await s.ok(['trigger', 'show', 'invoices', '--json'])).stdout;
    assert.ok(shown.includes('${SQS_SECRET}'));
    assert.doesNotMatch(shown, /s3cret/);
  });

  test('loses nothing when the broker is killed and comes back', async () => {
    const seen = new Set<string>();
    await using consumer = await sourceHouse((event: SqsEvent) => bodiesOf(event).forEach((body) => seen.add(body)));
    await create('killed', { VisibilityTimeout: '2' });
    await consumer.deploy([trigger('killed')]);
    const sent = numbers(100);
    await send('killed', sent);
    await until(() => seen.size > 20);
    await broker.kill();
    await consumer.reaches(({ state }) => state === 'retrying');
    await broker.start();
    await until(() => seen.size === sent.length);
    await until(() => isEmpty('killed'));
  });
});
