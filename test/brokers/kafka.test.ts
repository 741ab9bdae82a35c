import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Admin, Consumer, Producer, type Message } from '@platformatic/kafka';
import { lamSession } from '../e2e/session.ts';
import { checkDestination } from '../support/brokers/destination-check.ts';
import { docExample } from '../support/brokers/doc-example.ts';
import { KAFKA_PASSWORD, NO_KAFKA, startKafka, type Kafka } from '../support/brokers/kafka.ts';
import { inOrder, sourceHouse, until } from '../support/brokers/source-house.ts';

interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

interface KafkaEvent {
  readonly eventSource: string;
  readonly bootstrapServers: string;
  readonly records: Readonly<Record<string, readonly KafkaRecord[]>>;
}

const ENVIRONMENT = { PASSWORD: KAFKA_PASSWORD };
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);
const recordsOf = ({ records }: KafkaEvent): readonly KafkaRecord[] => Object.values(records).flat();
const textOf = ({ value }: KafkaRecord): string => Buffer.from(value, 'base64').toString();
const textsOf = (event: KafkaEvent): string[] => recordsOf(event).map((record) => textOf(record));

describe('topics of Kafka', { skip: NO_KAFKA }, () => {
  let kafka: Kafka;
  before(async () => {
    kafka = await startKafka();
  });
  after(() => kafka?.[Symbol.asyncDispose]());

  const trigger = (topic: string, more: object = {}, port = kafka.broker.port) => ({
    type: 'kafka',
    brokers: [`127.0.0.1:${port}`],
    topics: [topic],
    create: true,
    username: 'app',
    password: '${PASSWORD}',
    retryDelay: 0.01,
    ...more,
  });

  async function admin<T>(work: (client: Admin) => Promise<T>): Promise<T> {
    const client = new Admin(kafka.options);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  async function create(topic: string, partitions = 1): Promise<void> {
    await admin((client) => client.createTopics({ topics: [topic], partitions, replicas: 1 }));
  }

  async function add(topic: string, texts: readonly string[], more: object = {}): Promise<void> {
    const producer = new Producer({ ...kafka.options, retries: 5 });
    try {
      await producer.send({
        messages: texts.map((text) => ({ topic, partition: 0, value: Buffer.from(text), ...more })),
        acks: -1,
      });
    } finally {
      await producer.close();
    }
  }

  /** The offset of a partition that the group committed. */
  async function committed(topic: string, partition = 0): Promise<bigint | undefined> {
    const consumer = new Consumer({ ...kafka.options, groupId: 'consumer' });
    try {
      return (await consumer.listCommittedOffsets({ topics: [{ topic, partitions: [partition] }] })).get(topic)?.[
        partition
      ];
    } finally {
      await consumer.close(true);
    }
  }

  /** The oldest record of a topic. */
  async function first(topic: string): Promise<Message> {
    const consumer = new Consumer({ ...kafka.options, groupId: `reads-${topic}` });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    try {
      for await (const message of stream) return message;
      return assert.fail(`${topic} is empty`);
    } finally {
      await stream.close();
      await consumer.close(true);
    }
  }

  test("arrive in Lambda's shape, and only records that a filter lets pass", async () => {
    const events: KafkaEvent[] = [];
    await using consumer = await sourceHouse((event: KafkaEvent) => void events.push(event));
    await create('shapes');
    const timestamp = 1_700_000_000_000n;
    const headers = new Map([[Buffer.from('who'), Buffer.from('me')]]);
    await add('shapes', ['{"total":5}'], { key: Buffer.from('k'), timestamp, headers });
    await add('shapes', ['{"total":-5}']);
    await consumer.deploy([trigger('shapes', { filters: ['{"value":{"total":[{"numeric":[">",0]}]}}'] })], ENVIRONMENT);
    const { counts } = await consumer.reaches(({ counts: c }) => c?.received === 2 && c.held === 0);
    assert.deepEqual([counts?.succeeded, counts?.filtered], [1, 1]);
    assert.deepEqual(events, [
      {
        eventSource: 'SelfManagedKafka',
        bootstrapServers: `127.0.0.1:${kafka.broker.port}`,
        records: {
          'shapes-0': [
            {
              topic: 'shapes',
              partition: 0,
              offset: 0,
              timestamp: Number(timestamp),
              timestampType: 'CREATE_TIME',
              key: Buffer.from('k').toString('base64'),
              value: Buffer.from('{"total":5}').toString('base64'),
              headers: [{ who: [...Buffer.from('me')] }],
            },
          ],
        },
      },
    ]);
    await until(async () => (await committed('shapes')) === 2n);
    const { lags } = await consumer.reaches(({ lag }) => lag === 0);
    assert.deepEqual(lags, { 'shapes-0': 0 });
  });

  test('repeat only failed records, and move them to the dead letters before the offset moves', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: KafkaEvent) => {
      seen.push(...textsOf(event));
      const failed = recordsOf(event).filter((record) => textOf(record) === 'poison');
      return {
        batchItemFailures: failed.map(({ topic, partition, offset }) => ({
          itemIdentifier: `${topic}-${partition}:${offset}`,
        })),
      };
    });
    await create('failing');
    await add('failing', ['a', 'poison', 'b']);
    await consumer.deploy([trigger('failing', { maxRetries: 1 })], ENVIRONMENT);
    await consumer.reaches(({ counts }) => counts?.dead === 1 && counts.held === 0);
    assert.equal(seen.filter((text) => text === 'poison').length, 2);
    inOrder(seen, ['a', 'poison', 'b']);
    const dead = await first('failing.dead');
    const headers = Object.fromEntries(dead.headerEntries.map(([name, value]) => [name.toString(), value.toString()]));
    assert.equal(dead.value.toString(), 'poison');
    assert.deepEqual(headers, {
      'lam-topic': 'failing',
      'lam-partition': '0',
      'lam-offset': '1',
      'lam-attempts': '2',
      'lam-error-type': 'BatchItemFailure',
      'lam-error-message': 'the handler named it in batchItemFailures',
    });
    await until(async () => (await committed('failing')) === 3n);
  });

  test('become dead letters with a short cause, and of the greatest length without one', async () => {
    await using consumer = await sourceHouse(() => {
      throw new Error('x'.repeat(100_000));
    });
    for (const topic of ['big', 'big.dead']) await create(topic);
    await add('big', ['short']);
    await consumer.deploy([trigger('big', { maxRetries: 0 })], ENVIRONMENT);
    await consumer.reaches(({ counts }) => counts?.dead === 1 && counts.held === 0);
    // A batch has at most 1,048,588 bytes, and this record needs about 70 besides its value.
    await add('big', ['x'.repeat(1_048_450)]);
    await consumer.reaches(({ counts }) => counts?.dead === 2 && counts.held === 0);
    const dead = await first('big.dead');
    const headers = new Map(dead.headerEntries.map(([name, value]) => [name.toString(), value.toString()]));
    assert.equal(headers.get('lam-error-message')?.length, 1000);
    await until(async () => (await committed('big')) === 2n);
  });

  test('that do not exist are an error unless the trigger creates them; wrong credentials are one, too', async () => {
    await using consumer = await sourceHouse(() => undefined);
    await consumer.deploy([trigger('absent', { create: false })], { PASSWORD: 'wr@ng' });
    const denied = await consumer.reaches(({ state }) => state === 'retrying');
    assert.match(denied.cause ?? '', /^Kafka at 127\.0\.0\.1:\d+ refuses access: /);
    assert.doesNotMatch(denied.cause ?? '', /wr@ng/);
    await consumer.deploy([trigger('absent', { create: false })], ENVIRONMENT);
    const missing = await consumer.reaches(({ cause }) => cause?.includes('absent') === true);
    assert.equal(missing.cause, `Kafka at 127.0.0.1:${kafka.broker.port} has no topic 'absent'`);
    await create('absent');
    await add('absent', ['1']);
    await consumer.reaches(({ counts }) => counts?.succeeded === 1);
  });

  test('begin with later records where that is asked for', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: KafkaEvent) => void seen.push(...textsOf(event)));
    await create('latest');
    await add('latest', ['old']);
    await consumer.deploy([trigger('latest', { startingPosition: 'LATEST' })], ENVIRONMENT);
    await consumer.reaches(({ state }) => state === 'running');
    await add('latest', ['new']);
    await until(() => seen.length > 0);
    assert.deepEqual(seen, ['new']);
  });

  test('are shared by members of a group, in order within each partition, and none is lost when one leaves', async () => {
    const seen = new Map<string, string[]>();
    const counts = [0, 0];
    const handlerOf =
      (member: 0 | 1) =>
      (event: KafkaEvent): void => {
        for (const record of recordsOf(event))
          seen.set(`${record.partition}`, [...(seen.get(`${record.partition}`) ?? []), textOf(record)]);
        counts[member] = (counts[member] ?? 0) + recordsOf(event).length;
      };
    const count = (): number => new Set([...seen.values()].flat()).size;
    await create('shared', 2);
    const send = async (texts: readonly string[]): Promise<void> => {
      for (const partition of [0, 1])
        await add(
          'shared',
          texts.map((text) => `p${partition}-${text}`),
          { partition },
        );
    };
    await using one = await sourceHouse(handlerOf(0));
    const first = trigger('shared', { batchSize: 5, parallelism: 2 });
    await one.deploy([first], ENVIRONMENT);
    await send(numbers(50));
    await until(() => count() > 20);
    {
      await using two = await sourceHouse(handlerOf(1));
      await two.deploy([first], ENVIRONMENT);
      await two.reaches(({ state }) => state === 'running');
      await send(numbers(100).slice(50));
      await until(() => count() > 120 && (counts[1] ?? 0) > 0);
    }
    await until(() => count() === 200);
    assert.ok(
      counts.every((n) => n > 0),
      `the members saw ${counts.join(' and ')} records`,
    );
    for (const partition of ['0', '1'])
      inOrder(
        seen.get(partition) ?? [],
        numbers(100).map((text) => `p${partition}-${text}`),
      );
  });

  test('are destinations: they get records once they exist, and over a lost connection', async () => {
    const records: Message[] = [];
    // The first group waits until its coordinator is ready.
    const consumer = new Consumer({ ...kafka.options, groupId: 'reader', retries: 100, retryDelay: 100 });
    const received = async (): Promise<readonly string[]> => {
      const stream = await consumer.consume({ topics: ['records'], mode: 'earliest' });
      for await (const record of stream) if (records.push(record) === 2) break;
      return records.map(({ value }) => value.toString());
    };
    try {
      await checkDestination({
        config: {
          ...{ type: 'kafka', topic: 'records', username: 'app', password: '${PASSWORD}' },
          brokers: [`127.0.0.1:${kafka.cable.port}`],
        },
        ...{ password: KAFKA_PASSWORD, cable: kafka.cable, received },
        ...{ refusal: /invalid username or password|SASL/i, absence: /there is no topic 'records'/ },
      });
    } finally {
      await consumer.close(true);
    }
    const keys = records.map(({ key }) => key.toString());
    assert.deepEqual(
      records.map(({ headers }) => [...headers].find(([name]) => name.toString() === 'lam-record-id')?.[1].toString()),
      keys,
    );
    assert.equal(new Set(keys).size, 2);
  });

  test('lose nothing and keep the order when the connection is cut', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: KafkaEvent) => void seen.push(...textsOf(event)));
    await create('cut');
    await consumer.deploy([trigger('cut', { batchSize: 2 }, kafka.cable.port)], ENVIRONMENT);
    const sent = numbers(200);
    await add('cut', sent.slice(0, 100));
    await until(() => seen.length > 20);
    kafka.cable.cut();
    await consumer.reaches(({ state }) => state === 'retrying');
    await add('cut', sent.slice(100));
    kafka.cable.mend();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
  });

  test('lose nothing and keep the order when the server is killed and comes back', async () => {
    const seen: string[] = [];
    await using consumer = await sourceHouse((event: KafkaEvent) => void seen.push(...textsOf(event)));
    const sent = numbers(300);
    await create('killed');
    await add('killed', sent);
    await consumer.deploy([trigger('killed', { batchSize: 2 })], ENVIRONMENT);
    await until(() => seen.length > 20);
    await kafka.broker.kill();
    await consumer.reaches(({ state }) => state === 'retrying');
    await kafka.broker.start();
    await until(() => new Set(seen).size === sent.length);
    inOrder(seen, sent);
    await until(async () => (await committed('killed')) === 300n);
  });

  test('run the example of docs/triggers.md', async () => {
    await using s = await lamSession();
    const cwd = s.files('clicks', docExample('kafka', { usualPort: 9092, port: kafka.broker.port }));
    await s.ok(['deploy', '--env', `KAFKA_PASSWORD=${KAFKA_PASSWORD}`], { cwd });
    await until(async () => (await admin((client) => client.listTopics())).includes('clicks'));
    await add('clicks', ['{"page":"/tea"}']);
    await until(async () => (await s.run(['logs', 'clicks'])).stdout.includes('clicks-0: /tea'));
  });
});
