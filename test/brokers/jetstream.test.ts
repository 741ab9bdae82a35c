import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { lamSession } from '../e2e/session.ts';
import { Cable } from '../support/brokers/cable.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { checkDestination } from '../support/brokers/destination-check.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { NATS_LISTENER, NATS_USER, NO_NATS, startNats } from '../support/brokers/nats.ts';
import { inOrder, sourceHouse, until } from '../support/brokers/source-house.ts';

interface CloudEvent {
  readonly id: string;
  readonly subject: string;
  readonly data: unknown;
}

const ENVIRONMENT = { PASSWORD: NATS_USER.pass };
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);
const textsOf = (events: readonly CloudEvent[]): string[] => events.map(({ data }) => String(data));

describe('a stream of JetStream', { skip: NO_NATS }, () => {
  let broker: Broker;
  let client: NatsConnection;
  let manager: JetStreamManager;
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
    manager = await jetstreamManager(client);
  }

  // Deliveries would be repeated after ten minutes, so tests that end earlier do not owe it to that.
  const trigger = (stream: string, more: object = {}, port = broker.port) => ({
    type: 'jetstream',
    url: `nats://app:\${PASSWORD}@127.0.0.1:${port}`,
    stream,
    create: true,
    ackWait: 600,
    retryDelay: 0.01,
    ...more,
  });

  async function add(subject: string, texts: readonly string[]): Promise<void> {
    for (const text of texts) await jetstream(client).publish(subject, text);
  }

  /** Messages that the only consumer of a stream has not acknowledged, delivered and not. */
  async function unsettled(stream: string): Promise<readonly [delivered: number, waiting: number]> {
    const [info] = await manager.consumers.list(stream).next();
    return [info?.num_ack_pending ?? 0, info?.num_pending ?? 0];
  }

  test('arrives as CloudEvents, and only messages that a filter lets pass', async () => {
    const events: CloudEvent[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void events.push(...batch));
    await manager.streams.add({ name: 'shapes', subjects: ['shapes.>'] });
    await add('shapes.a', ['{"total":-5}']);
    await add('shapes.b', ['no JSON']);
    const about = headers();
    about.append('Order-Id', '7');
    const { seq } = await jetstream(client).publish('shapes.a', '{"total":5}', { headers: about });
    await consumer.deploy(
      [trigger('shapes', { filters: ['{"orderid":["7"],"data":{"total":[{"numeric":[">",0]}]}}'] })],
      ENVIRONMENT,
    );
    const { counts } = await consumer.reaches(({ counts: c }) => c?.received === 3 && c.held === 0);
    assert.deepEqual([counts?.succeeded, counts?.filtered], [1, 2]);
    const stored = await manager.streams.getMessage('shapes', { seq });
    assert.deepEqual(events, [
      {
        specversion: '1.0',
        id: `shapes:${seq}`,
        source: `nats://127.0.0.1:${broker.port}/shapes`,
        type: 'lam.nats.message',
        subject: 'shapes.a',
        orderid: '7',
        time: stored?.time.toISOString(),
        datacontenttype: 'application/json',
        data: { total: 5 },
      },
    ]);
    await until(async () => (await unsettled('shapes')).join() === '0,0');
    await consumer.reaches(({ lag }) => lag === 0);
  });

  test('repeats failed messages, and stores them as dead letters before it gives them up', async () => {
    const batches: string[][] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => {
      batches.push(textsOf(batch));
      const failed = batch.filter(({ data }) => data === 'poison');
      return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
    });
    await manager.streams.add({ name: 'failing', subjects: ['failing'] });
    await add('failing', ['a', 'poison', 'b']);
    await consumer.deploy([trigger('failing', { batchSize: 3, batchWindow: 300, maxRetries: 1 })], ENVIRONMENT);
    await consumer.reaches(({ counts }) => counts?.failed === 1);
    await add('failing', ['c']);
    await consumer.reaches(({ counts }) => counts?.dead === 1 && counts.succeeded === 3);
    assert.deepEqual(batches[0], ['a', 'poison', 'b']);
    assert.equal(batches.flat().filter((text) => text === 'poison').length, 2);
    await until(async () => (await unsettled('failing')).join() === '0,0');
    const dead = await manager.streams.getMessage('failing-dead', { seq: 1 });
    assert.equal(dead?.subject, 'dead.failing');
    assert.equal(dead?.string(), 'poison');
    assert.deepEqual(
      ['Lam-Subject', 'Lam-Stream', 'Lam-Sequence', 'Lam-Attempts', 'Lam-Error-Type', 'Lam-Error-Message'].map((name) =>
        dead?.header.get(name),
      ),
      ['failing', 'failing', '2', '2', 'BatchItemFailure', 'the handler named it in batchItemFailures'],
    );
  });

  test('stores a message of the greatest length as a dead letter, without why it died', async () => {
    const longest = 'x'.repeat(client.info?.max_payload ?? 0);
    await using consumer = await sourceHouse(() => assert.fail('always'));
    await manager.streams.add({ name: 'big', subjects: ['big'] });
    await add('big', [longest]);
    await consumer.deploy([trigger('big', { maxRetries: 0 })], ENVIRONMENT);
    await consumer.reaches(({ counts }) => counts?.dead === 1 && counts.held === 0);
    const dead = await manager.streams.getMessage('big-dead', { seq: 1 });
    assert.equal(dead?.string(), longest);
    await until(async () => (await unsettled('big')).join() === '0,0');
  });

  test('keeps a message while its dead letter cannot be stored', async () => {
    await using consumer = await sourceHouse(() => assert.fail('always'));
    await manager.streams.add({ name: 'kept', subjects: ['kept'] });
    await manager.streams.add({ name: 'kept-dead', subjects: ['dead.kept'] });
    await consumer.deploy([trigger('kept', { create: false, maxRetries: 0 })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await manager.streams.delete('kept-dead');
    await add('kept', ['poison']);
    await consumer.reaches(
      ({ cause }) => cause?.includes("no stream that stores the dead letters 'dead.kept'") === true,
    );
    assert.equal((await unsettled('kept'))[0] + (await unsettled('kept'))[1], 1);
    await manager.streams.add({ name: 'kept-dead', subjects: ['dead.kept'] });
    await until(async () => (await manager.streams.info('kept-dead')).state.messages === 1);
    await until(async () => (await unsettled('kept')).join() === '0,0');
  });

  test('that does not exist is an error, unless the trigger creates it; and so is a named consumer', async () => {
    await using consumer = await sourceHouse(() => undefined);
    const reaches = async (part: string): Promise<string> =>
      (await consumer.reaches(({ cause }) => cause?.includes(part) === true)).cause ?? '';
    await consumer.deploy([trigger('absent', { create: false, consumer: 'mine' })], ENVIRONMENT);
    const at = `NATS at 127.0.0.1:${broker.port}`;
    assert.equal(await reaches('absent'), `${at} has no stream 'absent'`);
    await manager.streams.add({ name: 'absent', subjects: ['absent.>'] });
    assert.equal(await reaches('dead'), `${at} has no stream that stores the dead letters 'dead.absent'`);
    await manager.streams.add({ name: 'graves', subjects: ['dead.absent'] });
    assert.equal(await reaches('mine'), `${at} has no consumer 'mine' of stream 'absent'`);
    await manager.consumers.add('absent', { durable_name: 'mine', ack_policy: AckPolicy.Explicit, max_deliver: 3 });
    assert.match(await reaches('max_deliver'), /consumer 'mine' without max_deliver: .* has 3$/);
    await manager.consumers.delete('absent', 'mine');
    await manager.consumers.add('absent', { durable_name: 'mine', ack_policy: AckPolicy.Explicit });
    await add('absent.x', ['1']);
    await consumer.reaches(({ counts }) => counts?.succeeded === 1);
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
    assert.equal(refused.since, denied.since);
    await consumer.deploy([trigger('secret')], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
  });

  test('gets back what was not handled when the daemon stops, and the next one does not wait for it', async () => {
    await manager.streams.add({ name: 'returned', subjects: ['returned'] });
    await add('returned', numbers(8));
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const ran: string[] = [];
    const first = await sourceHouse(async (batch: readonly CloudEvent[]) => {
      ran.push(...textsOf(batch));
      runs();
      await mayEnd;
    });
    await first.deploy([trigger('returned', { batchSize: 2 })], ENVIRONMENT);
    await isRunning;
    const stopped = first[Symbol.asyncDispose]();
    end();
    await stopped;
    const seen: string[] = [];
    await using second = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    // Of its own consumer a trigger would take everything back when it starts; of a shared one it may not.
    const [{ name: shared } = { name: '' }] = await manager.consumers.list('returned').next();
    await second.deploy([trigger('returned', { consumer: shared, batchSize: 2 })], ENVIRONMENT);
    await until(() => ran.length + seen.length >= 8);
    assert.deepEqual([...ran, ...seen], numbers(8));
    assert.ok(ran.length <= 2, 'the first one ran one batch');
  });

  test('continues at once and in order with what a killed daemon had', async () => {
    await manager.streams.add({ name: 'ended', subjects: ['ended'] });
    await add('ended', numbers(30));
    await using cable = await Cable.to(broker.port);
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const first = await sourceHouse(() => {
      runs();
      return new Promise(() => undefined);
    });
    await first.deploy([trigger('ended', { batchSize: 5 }, cable.port)], ENVIRONMENT);
    await isRunning;
    // Both batches that it holds.
    await until(async () => (await unsettled('ended'))[0] === 10);
    // Nothing can be returned any more.
    cable.cut();
    await first[Symbol.asyncDispose]();
    assert.equal((await unsettled('ended'))[0], 10);
    const seen: string[] = [];
    await using second = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await second.deploy([trigger('ended', { batchSize: 5 })], ENVIRONMENT);
    await until(() => seen.length >= 30);
    assert.deepEqual(seen, numbers(30));
  });

  test('keeps messages that run longer than the server waits', async () => {
    await manager.streams.add({ name: 'slow', subjects: ['slow'] });
    await add('slow', ['1', '2']);
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const seen: string[] = [];
    await using consumer = await sourceHouse(async (batch: readonly CloudEvent[]) => {
      seen.push(...textsOf(batch));
      await mayEnd;
    });
    await consumer.deploy([trigger('slow', { batchSize: 1, ackWait: 5 })], ENVIRONMENT);
    await until(() => seen.length === 1);
    // The server would deliver again after five seconds.
    const from = performance.now();
    await until(() => performance.now() - from > 8000);
    const [info] = await manager.consumers.list('slow').next();
    assert.deepEqual([info?.num_redelivered, info?.num_ack_pending], [0, 2]);
    end();
    await until(async () => (await unsettled('slow')).join() === '0,0');
    assert.deepEqual(seen, ['1', '2']);
  });

  test('runs several batches at the same time, and keeps the order of each subject', async () => {
    await manager.streams.add({ name: 'keyed', subjects: ['keyed.*'] });
    const seen = new Map<string, string[]>();
    let running = 0;
    let most = 0;
    await using consumer = await sourceHouse(async (batch: readonly CloudEvent[]) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      for (const { subject, data } of batch) seen.set(subject, [...(seen.get(subject) ?? []), String(data)]);
      running--;
    });
    for (const text of numbers(20)) for (const subject of ['a', 'b', 'c', 'd']) await add(`keyed.${subject}`, [text]);
    const settings = { orderBy: 'subject', parallelism: 4, batchSize: 2 };
    await consumer.deploy([trigger('keyed', settings)], ENVIRONMENT);
    await consumer.reaches(({ counts }) => counts?.succeeded === 80);
    assert.ok(most > 1, `${most} at the same time`);
    for (const texts of seen.values()) assert.deepEqual(texts, numbers(20));
    assert.equal(seen.size, 4);
  });

  test('waits while its trigger is paused', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('pausing', { subject: 'pausing.*' })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await consumer.setPaused(true);
    await consumer.reaches(({ state }) => state === 'paused');
    await add('pausing.x', numbers(5));
    assert.deepEqual(await unsettled('pausing'), [0, 5]);
    await consumer.setPaused(false);
    await until(() => seen.length === 5);
    assert.deepEqual(seen, numbers(5));
  });

  test('loses nothing and keeps the order when the connection is cut', async () => {
    await manager.streams.add({ name: 'cut', subjects: ['cut'] });
    await using cable = await Cable.to(broker.port);
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('cut', { batchSize: 3 }, cable.port)], ENVIRONMENT);
    const sent = numbers(200);
    await add('cut', sent.slice(0, 100));
    await until(() => seen.length > 20);
    cable.cut();
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /^the connection to NATS at 127\.0\.0\.1:\d+ was lost: |cannot be reached: /);
    await add('cut', sent.slice(100));
    cable.mend();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
    await until(async () => (await unsettled('cut')).join() === '0,0');
  });

  test('is a destination: it stores records once it exists, and over a lost connection, each once', async () => {
    await using cable = await Cable.to(broker.port);
    const [stream, subject] = ['records', 'records.done'];
    const stored = async (): Promise<readonly StoredMsg[]> => {
      const { messages } = (await manager.streams.info(stream)).state;
      const numbered = Array.from({ length: messages }, (_, n) => manager.streams.getMessage(stream, { seq: n + 1 }));
      return (await Promise.all(numbered)).filter((message) => message !== null);
    };
    await checkDestination({
      config: { type: 'jetstream', url: `nats://app:\${PASSWORD}@127.0.0.1:${cable.port}`, stream, subject },
      password: NATS_USER.pass,
      ...{ cable, refusal: /authorization violation/i, absence: /no stream 'records' that stores .*'records\.done'/ },
      received: async () => (await stored()).map((message) => message.string()),
    });
    const [first] = await stored();
    assert.equal(first?.subject, subject);
    const again = { msgID: first?.header.get('Nats-Msg-Id') ?? '' };
    assert.equal((await jetstream(client).publish(subject, 'again', again)).duplicate, true);
  });

  test('runs the example of docs/triggers.md', async () => {
    await using s = await lamSession();
    const cwd = s.files('parcels', docExample('jetstream', { usualPort: 4222, port: broker.port }));
    await s.ok(['deploy', '--env', `NATS_PASSWORD=${NATS_USER.pass}`], { cwd });
    await until(async () => (await s.run(['describe', 'parcels'])).stdout.includes('running'));
    await add('parcels.sent', ['{"id":"p1"}']);
    await until(async () => (await s.run(['logs', 'parcels'])).stdout.includes('parcels.sent p1'));
  });

  test('loses nothing and keeps the order when the server is killed and comes back', async () => {
    await manager.streams.add({ name: 'killed', subjects: ['killed'] });
    const sent = numbers(300);
    await add('killed', sent);
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await consumer.deploy([trigger('killed', { batchSize: 2 })], ENVIRONMENT);
    await until(() => seen.length > 20);
    await broker.kill();
    const { cause, since } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /was lost: |cannot be reached: /);
    assert.ok(since > 0);
    await broker.start();
    await open();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
    await until(async () => (await unsettled('killed')).join() === '0,0');
  });
});
