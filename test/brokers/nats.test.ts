import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { lamSession } from '../e2e/session.ts';
import { Cable } from '../support/brokers/cable.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { deliveryOf, sendEvent } from '../support/brokers/deliveries.ts';
import { checkDestination } from '../support/brokers/destination-check.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { NATS_LISTENER, NATS_USER, NO_NATS, startNats } from '../support/brokers/nats.ts';
import { sourceHouse, until } from '../support/brokers/source-house.ts';

interface CloudEvent {
  readonly id: string;
  readonly subject: string;
  readonly data: unknown;
}

const ENVIRONMENT = { PASSWORD: NATS_USER.pass };
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);
const textsOf = (events: readonly CloudEvent[]): string[] => events.map(({ data }) => String(data));

describe('a subject of NATS', { skip: NO_NATS }, () => {
  let broker: Broker;
  let client: NatsConnection;
  before(async () => {
    broker = await startNats();
    await open();
  });
  after(async () => {
    await client?.close().catch(() => undefined);
    await broker?.[Symbol.asyncDispose]();
  });

  /** Connects the test itself. */
  async function open(): Promise<void> {
    client = await connect({ servers: `127.0.0.1:${broker.port}`, ...NATS_USER, reconnect: false });
  }

  const trigger = (subject: string, more: object = {}, port = broker.port) => ({
    type: 'nats',
    url: `nats://app:\${PASSWORD}@127.0.0.1:${port}`,
    subject,
    retryDelay: 0.01,
    ...more,
  });

  function publish(subject: string, texts: readonly string[]): Promise<void> {
    for (const text of texts) client.publish(subject, text);
    return client.flush();
  }

  /** Subscribes the test itself; messages that arrive are in the list. */
  async function listen(subject: string): Promise<readonly Msg[]> {
    const seen: Msg[] = [];
    client.subscribe(subject, { callback: (_error, message) => void seen.push(message) });
    await client.flush();
    return seen;
  }

  test('arrives as CloudEvents in the order of the connection, and only messages that a filter lets pass', async () => {
    const events: CloudEvent[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void events.push(...batch));
    await consumer.deploy([trigger('shapes.*', { filters: ['{"subject":[{"suffix":".a"}]}'] })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('shapes.b', ['other']);
    const about = headers();
    about.append('Order-Id', '7');
    about.append('Source', 'forged');
    client.publish('shapes.a', '{"total":5}', { headers: about });
    client.publish('shapes.a', Buffer.from([0xff, 0]));
    await publish('shapes.a', numbers(20));
    const { counts } = await consumer.reaches(({ counts: c }) => c?.succeeded === 22 && c.held === 0);
    assert.deepEqual([counts?.received, counts?.filtered], [23, 1]);
    const [first, second, ...others] = events;
    const base = {
      specversion: '1.0',
      source: `nats://127.0.0.1:${broker.port}`,
      type: 'lam.nats.message',
      subject: 'shapes.a',
    };
    const id = first?.id;
    assert.match(String(id), /^[A-Z0-9]{22}$/i);
    assert.deepEqual(first, { ...base, id, orderid: '7', datacontenttype: 'application/json', data: { total: 5 } });
    assert.deepEqual(second, {
      ...base,
      id: second?.id,
      datacontenttype: 'application/octet-stream',
      data_base64: '/wA=',
    });
    assert.deepEqual(textsOf(others), numbers(20));
  });

  test('repeats only failed messages, and publishes them as dead letters in the end', async () => {
    const seen: string[] = [];
    const dead = await listen('dead.failing');
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => {
      seen.push(...textsOf(batch));
      const failed = batch.filter(({ data }) => data === 'poison');
      return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
    });
    await consumer.deploy([trigger('failing', { maxRetries: 2, deadLetterSubject: 'dead.failing' })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('failing', ['a', 'poison', 'b']);
    await consumer.reaches(({ counts }) => counts?.dead === 1 && counts.succeeded === 2);
    await until(() => dead.length > 0);
    assert.equal(seen.filter((text) => text === 'poison').length, 3);
    assert.equal(dead[0]?.string(), 'poison');
    assert.deepEqual(
      ['Lam-Subject', 'Lam-Attempts', 'Lam-Error-Type'].map((name) => dead[0]?.headers?.get(name)),
      ['failing', '3', 'BatchItemFailure'],
    );
  });

  test('answers requests, and errors too', async () => {
    await using consumer = await sourceHouse(([event]: readonly CloudEvent[]) => {
      const data = event?.data;
      assert.notEqual(data, 'bad', 'it is\nbad');
      return { answer: data === 'much' ? 'x'.repeat(2_000_000) : data };
    });
    await consumer.deploy([trigger('calls', { reply: true, parallelism: 2, maxRetries: 0 })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    const answer = await client.request('calls', 'ping', { timeout: 60_000 });
    assert.equal(answer.string(), '{"answer":"ping"}');
    const refusal = await client.request('calls', 'bad', { timeout: 60_000 });
    assert.equal(refusal.headers?.get('Nats-Service-Error-Code'), '500');
    assert.match(refusal.headers?.get('Nats-Service-Error') ?? '', /^Refused: .*it is bad$/);
    assert.equal(refusal.json<{ errorType: string }>().errorType, 'Refused');
    const tooLong = await client.request('calls', 'much', { timeout: 60_000 });
    assert.match(tooLong.headers?.get('Nats-Service-Error') ?? '', /^LAM_EDGE_PAYLOAD_TOO_LARGE: .* 2000013 bytes /);
    // Without a reply subject.
    await publish('calls', ['one way']);
    await consumer.reaches(({ counts }) => counts?.succeeded === 3);
  });

  test('goes to one member of its queue group', async () => {
    const seen: [string[], string[]] = [[], []];
    await using first = await sourceHouse((batch: readonly CloudEvent[]) => void seen[0].push(...textsOf(batch)));
    await using second = await sourceHouse((batch: readonly CloudEvent[]) => void seen[1].push(...textsOf(batch)));
    for (const member of [first, second]) {
      await member.deploy([trigger('shared', { queueGroup: 'team' })], ENVIRONMENT);
      await member.reaches(({ state }) => state === 'running');
    }
    await publish('shared', numbers(200));
    await until(() => seen.flat().length >= 200);
    assert.deepEqual(seen.flat().toSorted(), numbers(200).toSorted());
    assert.ok(seen[0].length > 0 && seen[1].length > 0);
  });

  test('is left while too many messages wait, and joined again', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    let count = 0;
    await using consumer = await sourceHouse(async (batch: readonly CloudEvent[]) => {
      await mayEnd;
      count += batch.length;
    });
    await consumer.deploy([trigger('flood', { batchSize: 1000 })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    for (let n = 0; n < 25_000; n += 1000) await publish('flood', numbers(1000));
    const { counts } = await consumer.reaches(({ counts: c }) => (c?.held ?? 0) >= 10_000);
    assert.ok((counts?.received ?? 0) < 25_000, `${counts?.received} were taken`);
    end();
    await consumer.reaches(({ counts: c }) => c?.held === 0);
    const before = count;
    await until(async () => {
      await publish('flood', ['late']);
      return count > before;
    });
  });

  test('loses nothing of what the server sent when a member leaves', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    await using waiting = await sourceHouse(() => mayEnd);
    await using quick = await sourceHouse(() => undefined);
    for (const member of [waiting, quick]) {
      await member.deploy([trigger('left', { queueGroup: 'left', batchSize: 1000 })], ENVIRONMENT);
      await member.reaches(({ state }) => state === 'running');
    }
    const received = async (): Promise<number> => {
      const counts = await Promise.all([waiting, quick].map(async (member) => (await member.state()).counts));
      return counts.reduce((sum, one) => sum + (one?.received ?? 0), 0);
    };
    for (let sent = 1000; sent <= 30_000; sent += 1000) {
      await publish('left', numbers(1000));
      await until(async () => (await received()) >= sent);
    }
    assert.equal(await received(), 30_000);
    assert.ok(((await waiting.state()).counts?.held ?? 0) >= 10_000, 'one member has left');
    end();
  });

  test('with wrong credentials, or without the right to it, is tried again and shows no password', async () => {
    await using consumer = await sourceHouse(() => undefined);
    await consumer.deploy([trigger('secret')], { PASSWORD: 'wr@ng/1' });
    const denied = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(denied.cause ?? '', /^NATS at 127\.0\.0\.1:\d+ refuses access: /);
    assert.doesNotMatch(JSON.stringify(denied), /wr@ng|wr%40/);
    const url = `nats://${NATS_LISTENER.user}:\${PASSWORD}@127.0.0.1:${broker.port}`;
    await consumer.deploy([trigger('secret', { url })], { PASSWORD: NATS_LISTENER.pass });
    const refused = await consumer.reaches(({ cause }) => cause?.includes('ermission') === true);
    assert.match(refused.cause ?? '', /refuses access: .*secret/);
    await consumer.deploy([trigger('secret')], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
  });

  test('hands what waits to the dead letters when the daemon stops, and refuses requests', async () => {
    const dead = await listen('dead.left');
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const consumer = await sourceHouse(async () => {
      runs();
      await mayEnd;
    });
    await consumer.deploy([trigger('left', { reply: true, deadLetterSubject: 'dead.left' })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('left', ['1']);
    await isRunning;
    const answered = client.request('left', '2', { timeout: 60_000 });
    await consumer.reaches(({ counts }) => counts?.held === 2);
    const stopped = consumer[Symbol.asyncDispose]();
    end();
    await stopped;
    assert.equal((await answered).json<{ errorType: string }>().errorType, 'LAM_TRIGGERS_STOPPED');
    await until(() => dead.length > 0);
    assert.deepEqual(
      dead.map((message) => message.string()),
      ['2'],
    );
  });

  test('is listened to again after the connection is cut', async () => {
    await using cable = await Cable.to(broker.port);
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('cut', {}, cable.port)], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await publish('cut', ['before']);
    await until(() => seen.length === 1);
    cable.cut();
    await consumer.reaches(({ state }) => state === 'retrying');
    cable.mend();
    await consumer.reaches(({ state }) => state === 'running');
    await publish('cut', ['after']);
    await until(() => seen.length === 2);
    assert.deepEqual(seen, ['before', 'after']);
  });

  test('is a destination: it gets records once it may, and over a lost connection', async () => {
    await using cable = await Cable.to(broker.port);
    const seen = await listen('records.done');
    await checkDestination({
      config: { type: 'nats', url: `nats://app:\${PASSWORD}@127.0.0.1:${cable.port}`, subject: 'records.done' },
      password: NATS_USER.pass,
      ...{ cable, refusal: /authorization violation/i },
      received: () => Promise.resolve(seen.map((message) => message.string())),
    });
    assert.equal(new Set(seen.map(({ headers: all }) => all?.get('Nats-Msg-Id'))).size, 2);
    assert.equal(seen[0]?.headers?.get('Content-Type'), 'application/json');
  });

  test('is no destination for a user who may not publish there, which is told', async () => {
    await using sender = await sourceHouse(() => 'done');
    const { user, pass } = NATS_LISTENER;
    const onSuccess = { type: 'nats', url: `nats://${user}:\${PASSWORD}@127.0.0.1:${broker.port}`, subject: 'denied' };
    await sender.house.publish('consumer', { onSuccess, environment: { PASSWORD: pass } });
    const id = await sendEvent(sender.house, '1');
    await until(async () => /permissions violation/i.test((await deliveryOf(sender.house, id))?.payload ?? ''));
  });

  test('runs the example of docs/triggers.md', async () => {
    await using s = await lamSession();
    const cwd = s.files('prices', docExample('nats', { usualPort: 4222, port: broker.port }));
    await s.ok(['deploy', '--env', `NATS_PASSWORD=${NATS_USER.pass}`], { cwd });
    await until(async () => (await s.run(['describe', 'prices'])).stdout.includes('running'));
    const answer = await client.request('prices.get', '{"item":"tea"}', { timeout: 60_000 });
    assert.deepEqual(answer.json(), { item: 'tea', price: 3 });
  });

  test('is listened to again after the server was killed', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('killed')], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await broker.kill();
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /was lost: |cannot be reached: /);
    await broker.start();
    await open();
    await consumer.reaches(({ state }) => state === 'running');
    await publish('killed', ['after']);
    await until(() => seen.length === 1);
  });
});
