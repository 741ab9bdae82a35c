import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Client } from 'pg';
import { asJsonb } from '../../src/triggers/postgres/run/jsonb.ts';
import { Outbox } from '../../src/triggers/postgres/run/outbox.ts';
import { parseTable } from '../../src/triggers/postgres/table-name.ts';
import { lamSession } from '../e2e/session.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { Cable } from '../support/brokers/cable.ts';
import { deliveryOf, sendEvent } from '../support/brokers/deliveries.ts';
import { checkDestination } from '../support/brokers/destination-check.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { docSql } from '../support/doc-examples.ts';
import { NO_POSTGRES, postgresClient, POSTGRES_PASSWORD, startPostgres } from '../support/brokers/postgres.ts';
import { inOrder, sourceHouse, until } from '../support/brokers/source-house.ts';

interface CloudEvent {
  readonly id: string;
  readonly time?: string;
  readonly partitionkey?: string;
  readonly data: string;
}

const ENVIRONMENT = { PASSWORD: POSTGRES_PASSWORD };
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);
const textsOf = (events: readonly CloudEvent[]): string[] => events.map(({ data }) => data);

describe('an outbox table of PostgreSQL', { skip: NO_POSTGRES }, () => {
  let broker: Broker;
  let client: Client;
  before(async () => {
    broker = await startPostgres();
    client = postgresClient(broker.port);
    await client.connect();
  });
  after(async () => {
    await client?.end().catch(() => undefined);
    await broker?.[Symbol.asyncDispose]();
  });

  const trigger = (table: string, more: object = {}, port = broker.port) => ({
    type: 'postgres',
    url: `postgres://lam:\${PASSWORD}@127.0.0.1:${port}/postgres`,
    table,
    create: true,
    retryDelay: 0.01,
    ...more,
  });

  /** Creates a table as lam does, before a consumer runs. */
  const create = (table: string): Promise<unknown> =>
    client.query(docSql('postgres-table').replaceAll('outbox', table));

  async function add(table: string, texts: readonly string[], keyOf?: (text: string) => string): Promise<void> {
    const keys = texts.map((text) => keyOf?.(text) ?? null);
    await client.query(
      `INSERT INTO ${table} (key, data)
       SELECT key, data FROM unnest($1::text[], $2::jsonb[]) WITH ORDINALITY AS t(key, data, n) ORDER BY n`,
      [keys, texts.map((text) => JSON.stringify(text))],
    );
  }

  async function rowsOf(table: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await client.query<Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY id`)).rows;
  }

  const isEmpty = async (table: string): Promise<boolean> => (await rowsOf(table)).length === 0;

  test('arrives as CloudEvents, of one topic, and only rows that a filter lets pass', async () => {
    const events: CloudEvent[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void events.push(...batch));
    await create('shapes');
    await client.query(`INSERT INTO shapes (topic, key, type, data) VALUES
      ('orders', 'k1', 'order.placed', '{"total": 5}'), ('orders', NULL, 'order.placed', '{"total": -5}'), ('other', NULL, 'x', '1')`);
    const filters = ['{"data":{"total":[{"numeric":[">",0]}]}}'];
    await consumer.deploy([trigger('shapes', { topic: 'orders', filters })], ENVIRONMENT);
    const { counts } = await consumer.reaches(({ counts: c }) => c?.received === 2 && c.held === 0);
    assert.deepEqual([counts?.succeeded, counts?.filtered], [1, 1]);
    const [{ time, ...event }, ...others] = events as [CloudEvent];
    assert.deepEqual(others, []);
    assert.match(time ?? '', /^\d{4}-.*Z$/);
    assert.deepEqual(event, {
      specversion: '1.0',
      id: '1',
      source: `postgres://127.0.0.1:${broker.port}/postgres/shapes`,
      type: 'order.placed',
      subject: 'orders',
      partitionkey: 'k1',
      datacontenttype: 'application/json',
      data: { total: 5 },
    });
    await until(async () => (await rowsOf('shapes')).length === 1);
    await consumer.reaches(({ lag }) => lag === 0);
  });

  test('is seen at once by a notification, and without one by looking', async () => {
    const seen: string[] = [];
    const handle = (batch: readonly CloudEvent[]): void => void seen.push(...textsOf(batch));
    await using notified = await sourceHouse(handle);
    // Far longer than the test may take: only a notification can wake it.
    await notified.deploy([trigger('notified', { pollInterval: 3600 })], ENVIRONMENT);
    await notified.reaches(({ state, lag }) => state === 'running' && lag === 0);
    await add('notified', ['a']);
    await until(() => seen.length === 1);
    await using looking = await sourceHouse(handle);
    await looking.deploy([trigger('looking', { pollInterval: 0.5 })], ENVIRONMENT);
    await looking.reaches(({ state, lag }) => state === 'running' && lag === 0);
    await client.query('ALTER TABLE looking DISABLE TRIGGER looking_notify');
    await add('looking', ['b']);
    await until(() => seen.length === 2);
  });

  test('repeats only failed rows, keeps them as dead letters in the end, and runs them again when told to', async () => {
    const seen: string[] = [];
    let isHealed = false;
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => {
      seen.push(...textsOf(batch));
      const failed = batch.filter(({ data }) => data === 'poison' && !isHealed);
      return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
    });
    await create('failing');
    await add('failing', ['a', 'poison', 'b']);
    await consumer.deploy([trigger('failing', { maxRetries: 1 })], ENVIRONMENT);
    await consumer.reaches(({ counts }) => counts?.dead === 1 && counts.held === 0);
    assert.equal(seen.filter((text) => text === 'poison').length, 2);
    const [row, ...others] = await rowsOf('failing');
    assert.deepEqual(others, []);
    assert.ok(row?.['dead_at'] instanceof Date);
    assert.deepEqual(
      ['data', 'attempts', 'leased_by', 'error_type', 'error_message'].map((column) => row[column]),
      ['poison', 2, null, 'BatchItemFailure', 'the handler named it in batchItemFailures'],
    );
    isHealed = true;
    await client.query(docSql('postgres-redrive').replace('outbox', 'failing'));
    await until(() => isEmpty('failing'));
  });

  test('holds back the key of a failing row, and no other key', async () => {
    const seen: string[] = [];
    const { promise: mayPass, resolve: pass } = Promise.withResolvers<void>();
    let failures = 0;
    await using consumer = await sourceHouse(async (batch: readonly CloudEvent[]) => {
      const texts = textsOf(batch);
      if (texts.includes('A0') && ++failures < 3) {
        if (failures === 2) await mayPass;
        throw new Error('not yet');
      }
      seen.push(...texts);
    });
    const sent = numbers(12).flatMap((_, n) => ['A', 'B', 'C'].map((key) => `${key}${n}`));
    await create('keys');
    await add('keys', sent, ([key = '']) => key);
    await consumer.deploy([trigger('keys', { parallelism: 4, batchSize: 5 })], ENVIRONMENT);
    await until(() => seen.filter((text) => !text.startsWith('A')).length >= 20);
    assert.deepEqual(
      seen.filter((text) => text.startsWith('A')),
      [],
    );
    pass();
    await until(() => isEmpty('keys'));
    for (const key of ['A', 'B', 'C'])
      inOrder(
        seen.filter((text) => text.startsWith(key)),
        sent.filter((text) => text.startsWith(key)),
      );
  });

  test('is shared by several daemons, which keep the order of keys and run each row once', async () => {
    const seen: string[] = [];
    const handle = (batch: readonly CloudEvent[]): void => void seen.push(...textsOf(batch));
    const sent = numbers(300);
    const keyOf = (text: string): string => `k${Number(text.slice(1)) % 3}`;
    await using first = await sourceHouse(handle);
    await using second = await sourceHouse(handle);
    await create('shared');
    for (const consumer of [first, second])
      await consumer.deploy([trigger('shared', { parallelism: 2, batchSize: 4 })], ENVIRONMENT);
    for (let at = 0; at < sent.length; at += 50) await add('shared', sent.slice(at, at + 50), keyOf);
    await until(() => isEmpty('shared'));
    assert.equal(seen.length, sent.length);
    for (const key of ['k0', 'k1', 'k2'])
      inOrder(
        seen.filter((text) => keyOf(text) === key),
        sent.filter((text) => keyOf(text) === key),
      );
  });

  test('that does not exist is an error unless the trigger creates it; so are wrong credentials', async () => {
    await using consumer = await sourceHouse(() => undefined);
    const at = `PostgreSQL at 127.0.0.1:${broker.port}`;
    const causeOf = async (more: object, environment: Readonly<Record<string, string>>, word: string) => {
      await consumer.deploy([trigger('absent', { create: false, ...more })], environment);
      return (await consumer.reaches(({ cause }) => cause?.includes(word) === true)).cause ?? '';
    };
    const denied = await causeOf({}, { PASSWORD: 'wr@ng' }, 'refuses');
    assert.equal(denied, `${at} refuses access: password authentication failed for user "lam"`);
    const url = `postgres://lam:\${PASSWORD}@127.0.0.1:${broker.port}/nowhere`;
    assert.equal(await causeOf({ url }, ENVIRONMENT, 'database'), `${at} has no database "nowhere"`);
    assert.equal(await causeOf({}, ENVIRONMENT, 'absent'), `${at} has no table 'absent'`);
    await client.query('CREATE TABLE absent (id bigint, data jsonb)');
    const { cause } = await consumer.reaches((state) => state.cause?.includes('columns') === true);
    assert.match(cause ?? '', /has no columns 'topic', 'key', .* in table 'absent'$/);
    await client.query('DROP TABLE absent');
    await create('absent');
    await add('absent', ['1']);
    await consumer.reaches(({ counts }) => counts?.succeeded === 1);
  });

  test('gets back what was not handled when the daemon stops', async () => {
    await create('returned');
    await add('returned', ['1', '2', '3']);
    const { promise: isRunning, resolve: runs } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const consumer = await sourceHouse(async () => {
      runs();
      await mayEnd;
    });
    await consumer.deploy([trigger('returned', { batchSize: 1 })], ENVIRONMENT);
    await isRunning;
    assert.equal((await rowsOf('returned')).filter((row) => row['leased_by'] !== null).length, 2);
    const stopped = consumer[Symbol.asyncDispose]();
    end();
    await stopped;
    // A daemon that closes without patience does not wait for its triggers.
    await until(async () => (await rowsOf('returned')).every((row) => row['leased_by'] === null));
    assert.deepEqual(
      (await rowsOf('returned')).map((row) => [row['data'], row['leased_by'], row['attempts']]),
      [
        ['2', null, 0],
        ['3', null, 0],
      ],
    );
  });

  test('gives back rows of an earlier session that had the process id of a new one', async () => {
    await create('reused');
    await add('reused', ['1']);
    await client.query(`UPDATE reused SET leased_by = pg_backend_pid(), leased_until = now() + interval '1 hour'`);
    const table = parseTable('reused');
    assert.ok(table);
    const outbox = new Outbox(client, table, undefined);
    assert.deepEqual(await outbox.take(1), []);
    await outbox.reclaim();
    const taken = await outbox.take(1);
    assert.deepEqual(
      taken.map(({ data }) => data),
      ['"1"'],
    );
  });

  test('loses nothing and keeps the order when the connection is cut', async () => {
    await using cable = await Cable.to(broker.port);
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await create('cut');
    const sent = numbers(200);
    await add('cut', sent.slice(0, 100));
    await consumer.deploy([trigger('cut', { batchSize: 2 }, cable.port)], ENVIRONMENT);
    await until(() => seen.length > 20);
    cable.cut();
    const { cause } = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(cause ?? '', /^the connection to PostgreSQL at 127\.0\.0\.1:\d+ was lost: |cannot be reached: /);
    await add('cut', sent.slice(100));
    cable.mend();
    await until(() => isEmpty('cut'));
    inOrder(seen, sent);
  });

  test('is a destination: it gets records once it exists, and over a lost connection, which a trigger reads', async () => {
    await using cable = await Cable.to(broker.port);
    const config = { type: 'postgres', url: `postgres://lam:\${PASSWORD}@127.0.0.1:${cable.port}/postgres` };
    const rows = async (): Promise<readonly { id: string; data: object; record_id: string }[]> =>
      (await client.query('SELECT * FROM records ORDER BY id')).rows as never;
    await checkDestination({
      config: { ...config, table: 'records', topic: 'done' },
      ...{ cable, password: POSTGRES_PASSWORD },
      ...{ refusal: /password authentication failed/, absence: /it has no table 'records'/ },
      received: async () => (await rows()).map(({ data }) => JSON.stringify(data)),
    });
    const events: { readonly type: string; readonly data: unknown }[] = [];
    const [[row], table] = [await rows(), parseTable('records')];
    assert.ok(row && table);
    await new Outbox(client, table, 'done').add({ recordId: row.record_id, type: 'again', data: '"again"' });
    assert.equal((await rows()).length, 2);
    await using consumer = await sourceHouse((batch: typeof events) => void events.push(...batch));
    await consumer.deploy([trigger('records', { topic: 'done' })], ENVIRONMENT);
    await until(() => events.length === 2);
    assert.deepEqual([events[0]?.data, events[0]?.type], [row.data, 'lam.record']);
  });

  test('keeps what PostgreSQL has no character for as a replacement character', async () => {
    const odd = String.raw`{"nul":"a\u0000b","half":"\ud83d!","pair":"\ud83d\ude00","back":"\\u0000"}`;
    const { rows } = await client.query<{ data: object }>('SELECT $1::jsonb AS data', [asJsonb(Buffer.from(odd))]);
    assert.deepEqual(rows[0]?.data, { nul: 'a\uFFFDb', half: '\uFFFD!', pair: '\u{1F600}', back: String.raw`\u0000` });
  });

  test('of an older lam is a destination only with the column for records, which is told', async () => {
    await using sender = await sourceHouse(() => 'done');
    await create('aged');
    await client.query('ALTER TABLE aged DROP COLUMN record_id');
    const url = `postgres://lam:\${PASSWORD}@127.0.0.1:${broker.port}/postgres`;
    const onSuccess = { type: 'postgres', url, table: 'aged', create: true };
    await sender.house.publish('consumer', { onSuccess, environment: ENVIRONMENT });
    const id = await sendEvent(sender.house, '1');
    const missing = /it has no columns 'record_id' in table 'aged'/;
    await until(async () => missing.test((await deliveryOf(sender.house, id))?.payload ?? ''));
    await client.query('ALTER TABLE aged ADD COLUMN record_id uuid UNIQUE');
    await until(async () => (await rowsOf('aged')).length === 1);
  });

  test('runs the example of docs/triggers.md', async () => {
    await using s = await lamSession();
    const cwd = s.files('mails', docExample('postgres', { usualPort: 5432, port: broker.port }));
    await s.ok(['deploy', '--env', `PG_PASSWORD=${POSTGRES_PASSWORD}`], { cwd });
    await until(async () => (await s.run(['describe', 'mails'])).stdout.includes("postgres 'outbox/mails' running"));
    const made = await client.query<{ made: string }>(
      `SELECT string_agg(indexdef, ';' ORDER BY indexname) AS made FROM pg_indexes WHERE tablename = 'outbox'`,
    );
    // lam made what the page says.
    await create('written');
    const written = await client.query<{ made: string }>(
      `SELECT string_agg(indexdef, ';' ORDER BY indexname) AS made FROM pg_indexes WHERE tablename = 'written'`,
    );
    assert.equal(made.rows[0]?.made, written.rows[0]?.made.replaceAll('written', 'outbox'));
    await client.query(docSql('postgres-insert'));
    await until(async () => (await s.run(['logs', 'mails'])).stdout.includes('mail to ann@example.org'));
    await s.ok(['trigger', 'pause', 'mails']);
    await until(async () => (await s.run(['describe', 'mails'])).stdout.includes("postgres 'outbox/mails' paused"));
    await client.query(docSql('postgres-insert').replace('ann', 'bob'));
    assert.equal((await rowsOf('outbox')).length, 1);
    await s.ok(['trigger', 'resume', 'mails']);
    await until(async () => (await s.run(['logs', 'mails'])).stdout.includes('mail to bob@example.org'));
    assert.ok(!(await s.ok(['trigger', 'show', 'mails', '--json'])).stdout.includes(POSTGRES_PASSWORD));
  });

  test('loses nothing and keeps the order when the server is killed and comes back', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((batch: readonly CloudEvent[]) => void seen.push(...textsOf(batch)));
    await create('killed');
    const sent = numbers(200);
    await add('killed', sent);
    await consumer.deploy([trigger('killed', { batchSize: 2 })], ENVIRONMENT);
    await until(() => seen.length > 20);
    await broker.kill();
    await consumer.reaches(({ state }) => state === 'retrying');
    // Processes of the killed server may still have its memory; then the next one ends at once.
    await until(() =>
      broker.start().then(
        () => true,
        () => false,
      ),
    );
    client = postgresClient(broker.port);
    await client.connect();
    await until(() => isEmpty('killed'));
    inOrder(seen, sent);
  });
});
