import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage, type Options } from 'amqplib';
import { lamSession } from '../e2e/session.ts';
import { Cable } from '../support/brokers/cable.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { NO_RABBITMQ, startRabbitmq } from '../support/brokers/rabbitmq.ts';
import { deliveryOf, sendEvent } from '../support/brokers/deliveries.ts';
import { inOrder, sourceHouse, until } from '../support/brokers/source-house.ts';

interface RmqRecord {
  readonly basicProperties: Readonly<Record<string, unknown>>;
  readonly redelivered: boolean;
  readonly data: string;
}
interface RmqEvent {
  readonly eventSource: string;
  readonly eventSourceArn: string;
  readonly rmqMessagesByQueue: Readonly<Record<string, readonly RmqRecord[]>>;
}

const recordsOf = (event: RmqEvent): readonly RmqRecord[] => Object.values(event.rmqMessagesByQueue).flat();
const textOf = ({ data }: RmqRecord): string => Buffer.from(data, 'base64').toString();
const textsOf = (event: RmqEvent): string[] => recordsOf(event).map((record) => textOf(record));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);

describe('a RabbitMQ queue', { skip: NO_RABBITMQ }, () => {
  let broker: Broker;
  let model: ChannelModel;
  let channel: ConfirmChannel;
  before(async () => {
    broker = await startRabbitmq();
    await open();
    // Early: the broker's list of quorum queues is on disk only half a second after the last change.
    await channel.assertQueue('killed', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  });
  after(async () => {
    await model?.close().catch(() => undefined);
    await broker?.[Symbol.asyncDispose]();
  });

  /** Connects the test itself. */
  async function open(): Promise<void> {
    model = await connect(`amqp://127.0.0.1:${broker.port}`);
    model.on('error', () => undefined);
    channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
  }

  const trigger = (queue: string, more: object = {}, port = broker.port) => ({
    type: 'rabbitmq',
    url: `amqp://127.0.0.1:${port}`,
    queue,
    create: true,
    retryDelay: 0.01,
    ...more,
  });

  async function publish(queue: string, texts: readonly string[], options: Options.Publish = {}): Promise<void> {
    for (const text of texts) channel.sendToQueue(queue, Buffer.from(text), { persistent: true, ...options });
    await channel.waitForConfirms();
  }

  /** Takes a message that is in a queue or will be. */
  async function takeFrom(queue: string): Promise<ConsumeMessage> {
    for (;;) {
      const message = await channel.get(queue, { noAck: true });
      if (message !== false) return message as unknown as ConsumeMessage;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  test("arrives as Lambda's event for Amazon MQ, and only messages that a filter lets pass", async () => {
    const events: RmqEvent[] = [];
    await using consumer = await sourceHouse((event: RmqEvent) => void events.push(event));
    await consumer.deploy([trigger('shapes', { filters: ['{"data":{"kind":["order",{"prefix":"x-"}]}}'] })]);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('shapes', ['{"kind":"other"}', 'no JSON'], {});
    await publish('shapes', ['{"kind":"order"}'], {
      messageId: 'm1',
      contentType: 'application/json',
      headers: { who: 'me', times: 3 },
      timestamp: 2021,
    });
    await until(() => events.length > 0);
    const { counts } = await consumer.reaches(({ counts: c }) => c?.succeeded === 1 && c.held === 0);
    assert.deepEqual([counts?.received, counts?.filtered, counts?.dead], [3, 2, 0]);
    const [event] = events;
    assert.ok(event);
    assert.equal(event.eventSource, 'aws:rmq');
    assert.match(event.eventSourceArn, /^arn:aws:mq:[a-z0-9-]+:000000000000:broker:127\.0\.0\.1$/);
    assert.deepEqual(Object.keys(event.rmqMessagesByQueue), ['shapes::/']);
    const [record] = recordsOf(event);
    assert.ok(record);
    assert.deepEqual(record.basicProperties, {
      contentType: 'application/json',
      contentEncoding: null,
      headers: { who: { bytes: [109, 101] }, times: 3 },
      deliveryMode: 2,
      priority: null,
      correlationId: null,
      replyTo: null,
      expiration: null,
      messageId: 'm1',
      timestamp: 'Jan 1, 1970, 12:33:41 AM',
      type: null,
      userId: null,
      appId: null,
      clusterId: null,
      bodySize: 16,
    });
    assert.deepEqual([record.redelivered, textOf(record)], [false, '{"kind":"order"}']);
    assert.equal((await channel.checkQueue('shapes')).messageCount, 0);
  });

  test('gathers batches, repeats only failed messages, and moves them to the dead letters in the end', async () => {
    const batches: string[][] = [];
    await using consumer = await sourceHouse((event: RmqEvent) => {
      batches.push(textsOf(event));
      const failed = recordsOf(event).filter((record) => textOf(record) === 'poison');
      return {
        batchItemFailures: failed.map(({ basicProperties }) => ({ itemIdentifier: basicProperties['messageId'] })),
      };
    });
    await consumer.deploy([trigger('batches', { batchSize: 3, batchWindow: 300, maxRetries: 2 })]);
    await consumer.reaches(({ state }) => state === 'running');
    for (const text of ['a', 'poison', 'b']) await publish('batches', [text], { messageId: `id-${text}` });
    for (const text of ['c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's'])
      await publish('batches', [text], { messageId: `id-${text}` });
    const dead = await takeFrom('batches.dead');
    assert.equal(dead.content.toString(), 'poison');
    assert.deepEqual(batches[0], ['a', 'poison', 'b']);
    assert.equal(batches.flat().filter((text) => text === 'poison').length, 3);
    const { counts } = await consumer.reaches(({ counts: c }) => c?.dead === 1);
    assert.equal(counts?.failed, 3);
  });

  test('answers requests, and errors too', async () => {
    await using consumer = await sourceHouse((event: RmqEvent) => {
      const [text] = textsOf(event);
      assert.notEqual(text, 'bad');
      return { answer: text };
    });
    await consumer.deploy([trigger('calls', { reply: true, parallelism: 2, maxRetries: 0 })]);
    await consumer.reaches(({ state }) => state === 'running');
    const { queue: replyTo } = await channel.assertQueue('', { exclusive: true });
    await publish('calls', ['ping'], { replyTo, correlationId: 'c1' });
    const answer = await takeFrom(replyTo);
    assert.equal(answer.content.toString(), '{"answer":"ping"}');
    assert.deepEqual([answer.properties.correlationId, answer.properties.type], ['c1', undefined]);
    await publish('calls', ['bad'], { replyTo, correlationId: 'c2' });
    const refusal = await takeFrom(replyTo);
    assert.deepEqual([refusal.properties.correlationId, refusal.properties.type], ['c2', 'error']);
    assert.equal((JSON.parse(refusal.content.toString()) as { errorType: string }).errorType, 'Refused');
    assert.equal((await takeFrom('calls.dead')).content.toString(), 'bad');
  });

  test('that does not exist is an error, unless the trigger creates it, and the function stays deployed', async () => {
    await using consumer = await sourceHouse(() => undefined);
    await consumer.deploy([trigger('absent', { create: false })]);
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.equal(cause, `RabbitMQ at 127.0.0.1:${broker.port} has no queue 'absent'`);
    await channel.assertQueue('absent', { durable: true });
    await consumer.reaches(({ state }) => state === 'running');
  });

  test('with wrong credentials is tried again with the right ones, and shows no password', async () => {
    await using consumer = await sourceHouse(() => undefined);
    const url = `amqp://guest:\${PASSWORD}@127.0.0.1:${broker.port}`;
    await consumer.deploy([trigger('secret', { url })]);
    const missing = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(missing.cause ?? '', /needs the variable 'PASSWORD'/);
    await consumer.deploy([trigger('secret', { url })], { PASSWORD: 'wr@ng/1' });
    const denied = await consumer.reaches(({ cause }) => cause?.includes('refuses') === true);
    assert.match(denied.cause ?? '', /^RabbitMQ at 127\.0\.0\.1:\d+ refuses access: .*403/);
    assert.doesNotMatch(JSON.stringify(denied), /wr/);
    assert.equal(denied.since, missing.since);
    await consumer.deploy([trigger('secret', { url })], { PASSWORD: 'guest' });
    await consumer.reaches(({ state }) => state === 'running');
  });

  test('gets back what was not handled when the daemon stops', async () => {
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const consumer = await sourceHouse(async () => {
      runs();
      await mayEnd;
    });
    await consumer.deploy([trigger('returned', { batchSize: 1 })]);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('returned', ['1', '2', '3']);
    await isRunning;
    assert.equal((await channel.checkQueue('returned')).messageCount < 3, true);
    const stopped = consumer[Symbol.asyncDispose]();
    end();
    await stopped;
    await until(async () => (await channel.checkQueue('returned')).messageCount >= 2);
    const left = [await takeFrom('returned'), await takeFrom('returned')];
    assert.deepEqual(
      left.map(({ content }) => content.toString()),
      ['2', '3'],
    );
  });

  test('loses nothing and keeps the order when the connection is cut', async () => {
    await using cable = await Cable.to(broker.port);
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: RmqEvent) => void seen.push(...textsOf(event)));
    await consumer.deploy([trigger('cut', { batchSize: 3 }, cable.port)]);
    await consumer.reaches(({ state }) => state === 'running');
    const sent = numbers(200);
    await publish('cut', sent.slice(0, 100));
    await until(() => seen.length > 20);
    cable.cut();
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /^the connection to RabbitMQ at 127\.0\.0\.1:\d+ was lost: |cannot be reached: /);
    await publish('cut', sent.slice(100));
    cable.mend();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
  });

  for (const runtime of ['nodejs', 'python3'])
    test(`feeds a fresh project in ${runtime} that was made for queues`, async () => {
      await using s = await lamSession();
      const name = `fresh-${runtime}`;
      await s.ok(['init', name, '--runtime', runtime, '--template', 'queue']);
      const cwd = join(s.cwd, name);
      const yaml = readFileSync(join(cwd, 'lam.yaml'), 'utf8');
      assert.ok(yaml.includes('@localhost:5672'));
      writeFileSync(join(cwd, 'lam.yaml'), yaml.replace('@localhost:5672', `@127.0.0.1:${broker.port}`));
      await s.ok(['deploy', '--env', 'RABBITMQ_PASSWORD=guest'], { cwd });
      await until(async () => (await s.json<{ state: string }>(['trigger', 'show', name])).state === 'running');
      await publish(name, ['{"id":"o-1"}']);
      await until(async () => (await s.run(['logs', name])).stdout.includes('order o-1'));
    });

  test('is a destination: it gets records once it exists, and over a lost connection', async () => {
    await using cable = await Cable.to(broker.port);
    await using sender = await sourceHouse(() => 'done');
    const { house } = sender;
    const onSuccess = { type: 'rabbitmq', url: `amqp://127.0.0.1:${cable.port}`, queue: 'records' };
    await house.publish('consumer', { onSuccess });
    const missing = await sendEvent(house, '1');
    await until(async () => /no queue 'records'/.test((await deliveryOf(house, missing))?.payload ?? ''));
    await house.publish('consumer', { onSuccess: { ...onSuccess, create: true } });
    await until(async () => (await deliveryOf(house, missing))?.state === 'COMPLETED');
    cable.cut();
    const later = await sendEvent(house, '2');
    await until(async () => ((await deliveryOf(house, later))?.attempts ?? 0) > 0);
    cable.mend();
    const bodies = new Set<number>();
    while (bodies.size < 2) {
      const { content, properties } = await takeFrom('records');
      assert.equal(properties.contentType, 'application/json');
      bodies.add((JSON.parse(content.toString()) as { requestPayload: number }).requestPayload);
    }
    assert.deepEqual(
      [...bodies].toSorted((a, b) => a - b),
      [1, 2],
    );
  });

  test('runs the example of docs/triggers.md', async () => {
    await using s = await lamSession();
    const cwd = s.files('orders', docExample('rabbitmq', { usualPort: 5672, port: broker.port }));
    await s.ok(['deploy', '--env', 'RABBITMQ_PASSWORD=guest'], { cwd });
    await until(async () => (await s.run(['describe', 'orders'])).stdout.includes("rabbitmq 'orders' running"));
    await publish('orders', ['{"id":1,"total":5}', '{"id":2,"total":-5}'], { messageId: 'one' });
    await publish('orders', ['{"id":3,"total":5}'], { messageId: 'three' });
    await until(async () => (await s.run(['logs', 'orders'])).stdout.includes('order 3'));
    assert.doesNotMatch((await s.ok(['describe', 'orders', '--json'])).stdout, /guest:g/);
  });

  test('loses nothing and keeps the order when the broker is killed and comes back', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: RmqEvent) => void seen.push(...textsOf(event)));
    await consumer.deploy([trigger('killed')]);
    await consumer.reaches(({ state }) => state === 'running');
    const sent = numbers(200);
    await publish('killed', sent);
    await until(() => seen.length > 20);
    await broker.kill();
    await consumer.reaches(({ state }) => state === 'retrying');
    await broker.start();
    await open();
    await consumer.reaches(({ state }) => state === 'running');
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
    await until(async () => (await channel.checkQueue('killed')).messageCount === 0);
  });
});
