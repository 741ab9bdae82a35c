import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connectAsync, type IClientPublishOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { lamSession } from '../e2e/session.ts';
import { Cable } from '../support/brokers/cable.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { deliveryOf, sendEvent } from '../support/brokers/deliveries.ts';
import { checkDestination } from '../support/brokers/destination-check.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { MQTT_USER, NO_MOSQUITTO, startMosquitto } from '../support/brokers/mosquitto.ts';
import { inOrder, sourceHouse, until } from '../support/brokers/source-house.ts';

interface CloudEvent {
  readonly id: string;
  readonly subject: string;
  readonly data: unknown;
}

const ENVIRONMENT = { PASSWORD: MQTT_USER.password };
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);
const textsOf = (events: readonly CloudEvent[]): string[] => events.map(({ data }) => String(data));

describe('a topic of MQTT', { skip: NO_MOSQUITTO }, () => {
  let broker: Broker;
  let client: MqttClient;
  before(async () => {
    broker = await startMosquitto();
    await open();
  });
  after(async () => {
    await client?.endAsync(true);
    await broker?.[Symbol.asyncDispose]();
  });

  /** Connects the test itself. */
  async function open(): Promise<void> {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    client = await connectAsync(url, { ...MQTT_USER, protocolVersion: 5, reconnectPeriod: 0 }, false);
    client.on('error', () => undefined);
  }

  const trigger = (topic: string, more: object = {}, port = broker.port) => ({
    type: 'mqtt',
    url: `mqtt://app:\${PASSWORD}@127.0.0.1:${port}`,
    topic,
    retryDelay: 0.01,
    ...more,
  });

  /** Resolves when the broker has taken over all messages. */
  async function publish(
    topic: string,
    texts: readonly (string | Buffer)[],
    options: IClientPublishOptions = {},
  ): Promise<void> {
    await Promise.all(texts.map((text) => client.publishAsync(topic, text, { qos: 1, ...options })));
  }

  test('arrives as CloudEvents, and only messages that a filter lets pass', async () => {
    const events: CloudEvent[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void events.push(...batch));
    await publish('shapes/old', ['kept'], { retain: true });
    await consumer.deploy([trigger('shapes/+', { filters: ['{"subject":[{"suffix":"d"}]}'] })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('shapes/a', ['other']);
    await publish('shapes/d', ['{"total":5}'], { properties: { userProperties: { 'Order-Id': '7', id: 'forged' } } });
    await publish('shapes/d', [Buffer.from([0xff, 0])], { qos: 0 });
    await publish('shapes/d', ['text'], { qos: 2 });
    const { counts } = await consumer.reaches(({ counts: c }) => c?.succeeded === 4 && c.held === 0);
    assert.deepEqual([counts?.received, counts?.filtered], [5, 1]);
    const base = { specversion: '1.0', source: `mqtt://127.0.0.1:${broker.port}`, type: 'lam.mqtt.message' };
    const event = (n: number): object => ({ ...base, id: events[n]?.id });
    assert.deepEqual(events, [
      { ...event(0), subject: 'shapes/old', retained: true, datacontenttype: 'text/plain', data: 'kept' },
      { ...event(1), subject: 'shapes/d', orderid: '7', datacontenttype: 'application/json', data: { total: 5 } },
      { ...event(2), subject: 'shapes/d', datacontenttype: 'application/octet-stream', data_base64: '/wA=' },
      { ...event(3), subject: 'shapes/d', datacontenttype: 'text/plain', data: 'text' },
    ]);
    assert.equal(new Set(events.map(({ id }) => id)).size, 4);
  });

  test('repeats only failed messages, and publishes them as dead letters in the end', async () => {
    const seen: string[] = [];
    const dead: IPublishPacket[] = [];
    client.on('message', (topic, _payload, packet) => {
      if (topic === 'dead/failing') dead.push(packet);
    });
    await client.subscribeAsync('dead/failing', { qos: 1 });
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => {
      seen.push(...textsOf(batch));
      const failed = batch.filter(({ data }) => data === 'poison');
      return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
    });
    await consumer.deploy([trigger('failing', { maxRetries: 2, deadLetterTopic: 'dead/failing' })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('failing', ['a', 'poison', 'b']);
    await consumer.reaches(({ counts }) => counts?.dead === 1 && counts.succeeded === 2 && counts.held === 0);
    await until(() => dead.length > 0);
    assert.equal(seen.filter((text) => text === 'poison').length, 3);
    assert.equal(String(dead[0]?.payload), 'poison');
    assert.deepEqual(
      { ...dead[0]?.properties?.userProperties },
      {
        'lam-topic': 'failing',
        'lam-attempts': '3',
        'lam-error-type': 'BatchItemFailure',
        'lam-error-message': 'the handler named it in batchItemFailures',
      },
    );
  });

  for (const qos of [1, 2] as const)
    test(`published with QoS ${qos} stays at the broker until it has run, and waits there while no daemon runs`, async () => {
      const topic = `ended/${qos}`;
      const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
      const first = await sourceHouse(() => {
        runs();
        return new Promise(() => undefined);
      });
      await first.deploy([trigger(topic, { batchSize: 3 })], ENVIRONMENT);
      await first.reaches(({ state }) => state === 'running');
      await publish(topic, numbers(10), { qos });
      await isRunning;
      await first[Symbol.asyncDispose]();
      await publish(topic, numbers(20).slice(10), { qos });
      const seen: string[] = [];
      await using second = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
      await second.deploy([trigger(topic, { batchSize: 3 })], ENVIRONMENT);
      await until(() => seen.length >= 20);
      await second.reaches(({ counts }) => counts?.held === 0);
      assert.deepEqual(seen, numbers(20));
    });

  test('comes no faster than batches run', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const seen: string[] = [];
    await using consumer = await sourceHouse(async (batch: readonly CloudEvent[]) => {
      await mayEnd;
      seen.push(...textsOf(batch));
    });
    await consumer.deploy([trigger('held', { batchSize: 2, parallelism: 2, orderBy: 'topic' })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('held', numbers(50));
    await consumer.reaches(({ counts }) => counts?.held === 8);
    // The broker sends in order, so what it sent after a later message it has not sent by then.
    assert.equal((await consumer.state()).counts?.received, 8);
    end();
    await until(() => seen.length === 50);
    assert.deepEqual(seen, numbers(50));
  });

  test('is shared by the clients of a group', async () => {
    const seen: [string[], string[]] = [[], []];
    await using first = await sourceHouse((batch: readonly CloudEvent[]) => void seen[0].push(...textsOf(batch)));
    await using second = await sourceHouse((batch: readonly CloudEvent[]) => void seen[1].push(...textsOf(batch)));
    for (const [n, member] of [first, second].entries()) {
      await member.deploy([trigger('shared', { group: 'team', clientId: `member-${n}` })], ENVIRONMENT);
      await member.reaches(({ state }) => state === 'running');
    }
    await publish('shared', numbers(100));
    await until(() => seen.flat().length >= 100);
    assert.deepEqual(seen.flat().toSorted(), numbers(100).toSorted());
    assert.ok(seen[0].length > 0 && seen[1].length > 0);
  });

  test('with wrong credentials is tried again with the right ones, and shows no password', async () => {
    await using consumer = await sourceHouse(() => undefined);
    await consumer.deploy([trigger('secret')], { PASSWORD: 'wr@ng/1' });
    const denied = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(denied.cause ?? '', /^MQTT at 127\.0\.0\.1:\d+ refuses access: .*Not authorized/i);
    assert.doesNotMatch(JSON.stringify(denied), /wr@ng|wr%40/);
    await consumer.deploy([trigger('secret')], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
  });

  test('waits while its trigger is paused', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('pausing')], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await consumer.setPaused(true);
    await consumer.reaches(({ state }) => state === 'paused');
    await publish('pausing', numbers(5));
    assert.deepEqual(seen, []);
    await consumer.setPaused(false);
    await until(() => seen.length === 5);
    assert.deepEqual(seen, numbers(5));
  });

  test('loses nothing and keeps the order when the connection is cut', async () => {
    await using cable = await Cable.to(broker.port);
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('cut', { batchSize: 3 }, cable.port)], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    const sent = numbers(200);
    await publish('cut', sent.slice(0, 100));
    await until(() => seen.length > 20);
    cable.cut();
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /^the connection to MQTT at 127\.0\.0\.1:\d+ was lost: |cannot be reached: /);
    await publish('cut', sent.slice(100));
    cable.mend();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
    await consumer.reaches(({ counts }) => counts?.held === 0);
  });

  test('is a destination: it gets records over a lost connection, and refusals are told', async () => {
    await using cable = await Cable.to(broker.port);
    const seen: IPublishPacket[] = [];
    client.on('message', (topic, _payload, packet) => void (topic === 'records/done' && seen.push(packet)));
    await client.subscribeAsync('records/done', { qos: 1 });
    const config = { type: 'mqtt', url: `mqtt://app:\${PASSWORD}@127.0.0.1:${cable.port}`, topic: 'records/done' };
    await checkDestination({
      ...{ config, cable, password: MQTT_USER.password, refusal: /not authorized/i },
      received: () => Promise.resolve(seen.map(({ payload }) => payload.toString())),
    });
    const [first] = seen;
    assert.deepEqual([first?.qos, first?.properties?.contentType], [1, 'application/json']);
    assert.match(String(first?.properties?.userProperties?.['lam-record-id']), /^[0-9a-f-]{36}$/);
    await using sender = await sourceHouse(() => 'done');
    const onSuccess = { ...config, topic: 'secret/done' };
    await sender.house.publish('consumer', { onSuccess, environment: ENVIRONMENT });
    const id = await sendEvent(sender.house, '1');
    const wrong = /to topic 'secret\/done' of MQTT .*: Publish error: Not authorized/;
    await until(async () => wrong.test((await deliveryOf(sender.house, id))?.payload ?? ''));
  });

  test('runs the example of docs/triggers.md', async () => {
    await using s = await lamSession();
    const cwd = s.files('heat', docExample('mqtt', { usualPort: 1883, port: broker.port }));
    await s.ok(['deploy', '--env', `MQTT_PASSWORD=${MQTT_USER.password}`], { cwd });
    await until(async () => (await s.run(['describe', 'heat'])).stdout.includes('running'));
    await publish('sensors/hall/heat', ['{"celsius":21}']);
    await until(async () => (await s.run(['logs', 'heat'])).stdout.includes('sensors/hall/heat: 21'));
  });

  test('is listened to again after the broker was killed', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('killed', { batchSize: 2 })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    const sent = numbers(100);
    await publish('killed', sent.slice(0, 50));
    await until(() => seen.length > 10);
    await broker.kill();
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /was lost: |cannot be reached: /);
    await broker.start();
    await open();
    await consumer.reaches(({ state }) => state === 'running');
    // A killed broker may have taken over messages that it had not stored: those the publisher sends again.
    const missing = sent.filter((text) => !seen.includes(text));
    await publish('killed', missing);
    await until(() => new Set(seen).size === sent.length);
  });
});
