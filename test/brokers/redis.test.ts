import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { lamSession } from '../e2e/session.ts';
import { Cable } from '../support/brokers/cable.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { NO_REDIS, REDIS_PASSWORD, startRedis } from '../support/brokers/redis.ts';
import { deliveryOf, sendEvent } from '../support/brokers/deliveries.ts';
import { asFunctionName } from '../support/ids.ts';
import { inOrder, sourceHouse, until } from '../support/brokers/source-house.ts';

interface CloudEvent {
  readonly id: string;
  readonly time?: string;
  readonly data: Readonly<Record<string, string>>;
}

const ENVIRONMENT = { PASSWORD: REDIS_PASSWORD };
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);
const textsOf = (events: readonly CloudEvent[]): string[] => events.map(({ data }) => data['text'] ?? '');

describe('a Redis stream', { skip: NO_REDIS }, () => {
  let broker: Broker;
  let client: Redis;
  before(async () => {
    broker = await startRedis();
    client = new Redis({ port: broker.port, host: '127.0.0.1', password: REDIS_PASSWORD });
    client.on('error', () => undefined);
  });
  after(async () => {
    client?.disconnect();
    await broker?.[Symbol.asyncDispose]();
  });

  const trigger = (stream: string, more: object = {}, port = broker.port) => ({
    type: 'redis',
    url: `redis://:\${PASSWORD}@127.0.0.1:${port}`,
    stream,
    create: true,
    retryDelay: 0.01,
    ...more,
  });

  async function add(stream: string, texts: readonly string[]): Promise<void> {
    for (const text of texts) await client.xadd(stream, '*', 'text', text);
  }

  /** Entries that the group has read and not acknowledged. */
  async function pending(stream: string): Promise<number> {
    const [count] = (await client.xpending(stream, 'consumer')) as [number];
    return count;
  }

  test('arrives as CloudEvents, and only entries that a filter lets pass', async () => {
    const events: CloudEvent[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void events.push(...batch));
    const id = await client.xadd('shapes', '*', 'order', '{"total":5}', 'who', 'me');
    await client.xadd('shapes', '7-1', 'who', 'you').catch(() => undefined);
    await client.xadd('shapes', '*', 'order', '{"total":-5}');
    await consumer.deploy(
      [trigger('shapes', { filters: ['{"data":{"order":{"total":[{"numeric":[">",0]}]}}}'] })],
      ENVIRONMENT,
    );
    const { counts } = await consumer.reaches(({ counts: c }) => c?.received === 2 && c.held === 0);
    assert.deepEqual([counts?.succeeded, counts?.filtered], [1, 1]);
    const [event, ...others] = events;
    assert.deepEqual(others, []);
    assert.ok(id !== null && event?.time !== undefined);
    assert.deepEqual(event, {
      specversion: '1.0',
      id,
      source: `redis://127.0.0.1:${broker.port}/shapes`,
      type: 'lam.redis.entry',
      subject: 'shapes',
      time: new Date(Number(id.split('-')[0])).toISOString(),
      datacontenttype: 'application/json',
      data: { order: '{"total":5}', who: 'me' },
    });
    assert.equal(await pending('shapes'), 0);
    await consumer.reaches(({ lag }) => lag === 0);
  });

  test('repeats only failed entries, and moves them to the dead letters in the end', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => {
      seen.push(...textsOf(batch));
      const failed = batch.filter(({ data }) => data['text'] === 'poison');
      return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
    });
    await add('failing', ['a', 'poison', 'b']);
    await consumer.deploy([trigger('failing', { maxRetries: 1 })], ENVIRONMENT);
    const end = await consumer.reaches(({ counts, lag }) => counts?.dead === 1 && counts.held === 0 && lag === 0);
    const { received, succeeded, failed, retried } = end.counts ?? assert.fail('it has counts');
    assert.deepEqual([received, succeeded, failed, retried], [3, 2, 2, 1]);
    assert.deepEqual(seen.filter((text) => text === 'poison').length, 2);
    const [[, fields] = ['', []]] = await client.xrange('failing.dead', '-', '+');
    assert.deepEqual(fields.slice(0, 4), ['text', 'poison', 'lam-stream', 'failing']);
    assert.deepEqual(fields.slice(6), [
      ...['lam-attempts', '2', 'lam-error-type', 'BatchItemFailure'],
      ...['lam-error-message', 'the handler named it in batchItemFailures'],
    ]);
    assert.equal(await pending('failing'), 0);
    consumer.observed.assertAgrees(asFunctionName('consumer'), end);
    // Also after the connection was made anew.
    await consumer.setPaused(true);
    await consumer.setPaused(false);
    await add('failing', ['c']);
    const later = await consumer.reaches(({ counts }) => counts?.received === 4 && counts.held === 0);
    consumer.observed.assertAgrees(asFunctionName('consumer'), later);
    const { type, name } = later;
    await until(() => consumer.observed.lagOf({ functionName: asFunctionName('consumer'), type, name }) === 0);
  });

  test('that does not exist is an error unless the trigger creates it; wrong credentials are one, too', async () => {
    await using consumer = await sourceHouse(() => undefined);
    await consumer.deploy([trigger('absent', { create: false })], { PASSWORD: 'wr@ng' });
    const denied = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(denied.cause ?? '', /^Redis at 127\.0\.0\.1:\d+ refuses access: WRONGPASS/);
    await consumer.deploy([trigger('absent', { create: false })], ENVIRONMENT);
    const missing = await consumer.reaches(({ cause }) => cause?.includes('absent') === true);
    assert.equal(missing.cause, `Redis at 127.0.0.1:${broker.port} has no stream 'absent'`);
    await add('absent', ['1']);
    await consumer.reaches(({ counts }) => counts?.succeeded === 1);
  });

  test('continues in order with what an ended daemon had read', async () => {
    await add('ended', numbers(20));
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const first = await sourceHouse(() => {
      runs();
      return new Promise(() => undefined);
    });
    await first.deploy([trigger('ended', { batchSize: 3 })], ENVIRONMENT);
    await isRunning;
    await first[Symbol.asyncDispose]();
    assert.equal((await pending('ended')) > 0, true);
    const seen: string[] = [];
    await using second = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await second.deploy([trigger('ended', { batchSize: 3 })], ENVIRONMENT);
    await until(() => seen.length >= 20);
    assert.deepEqual(seen, numbers(20));
  });

  test('loses nothing and keeps the order when the connection is cut', async () => {
    await using cable = await Cable.to(broker.port);
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('cut', { batchSize: 2 }, cable.port)], ENVIRONMENT);
    const sent = numbers(200);
    await add('cut', sent.slice(0, 100));
    await until(() => seen.length > 20);
    cable.cut();
    await consumer.reaches(({ state }) => state === 'retrying');
    await add('cut', sent.slice(100));
    cable.mend();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
  });

  test('loses nothing and keeps the order when the server is killed and comes back', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    const sent = numbers(300);
    await add('killed', sent);
    await consumer.deploy([trigger('killed', { batchSize: 2 })], ENVIRONMENT);
    await until(() => seen.length > 20);
    await broker.kill();
    await consumer.reaches(({ state }) => state === 'retrying');
    await broker.start();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
    await until(async () => (await pending('killed')) === 0);
  });

  test('is a destination: it gets records once it exists, and over a lost connection', async () => {
    await using cable = await Cable.to(broker.port);
    await using sender = await sourceHouse(() => 'done');
    const { house } = sender;
    const onSuccess = { type: 'redis', url: `redis://:\${PASSWORD}@127.0.0.1:${cable.port}`, stream: 'records' };
    await house.publish('consumer', { onSuccess, environment: ENVIRONMENT });
    const missing = await sendEvent(house, '1');
    const payloadOf = async (): Promise<string> => (await deliveryOf(house, missing))?.payload ?? '';
    await until(async () => /there is no stream 'records'/.test(await payloadOf()));
    assert.doesNotMatch(await payloadOf(), new RegExp(REDIS_PASSWORD));
    await house.publish('consumer', { onSuccess: { ...onSuccess, create: true }, environment: ENVIRONMENT });
    await until(async () => (await client.xlen('records')) === 1);
    cable.cut();
    const later = await sendEvent(house, '2');
    await until(async () => ((await deliveryOf(house, later))?.attempts ?? 0) > 0);
    cable.mend();
    await until(async () => (await client.xlen('records')) === 2);
    const entries = await client.xrange('records', '-', '+');
    const records = entries.map(([, fields]) => JSON.parse(fields[3] ?? '') as { requestPayload: number });
    assert.deepEqual(
      records.map(({ requestPayload }) => requestPayload).toSorted((a, b) => a - b),
      [1, 2],
    );
  });

  test('runs the example of docs/triggers.md', async () => {
    await using s = await lamSession();
    const cwd = s.files('sales', docExample('redis', { usualPort: 6379, port: broker.port }));
    await s.ok(['deploy', '--env', `REDIS_PASSWORD=${REDIS_PASSWORD}`], { cwd });
    await client.xadd('sales', '*', 'item', 'tea', 'price', '3');
    await until(async () => (await s.run(['logs', 'sales'])).stdout.includes('sold tea for 3'));
  });
});
