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

  test('of type nats or jetstream says what is wrong with its address, its subject or its stream', () => {
    const url = 'nats://app:${PASSWORD}@localhost:4222';
    assert.equal(wordsOn({ type: 'nats', url, subject: 'orders.failed' }), "subject 'orders.failed' of NATS");
    assert.equal(wordsOn({ type: 'jetstream', url, stream: 'FAILED' }), "stream 'FAILED' of JetStream");
    assert.match(wordsOn({ type: 'nats', url: 'nats://app:s3cret@localhost', subject: 'a' }), /not contain a password/);
    assert.match(
      wordsOn({ type: 'nats', url, subject: 'orders.>' }),
      /faulty subject: it must be .* without wildcards/,
    );
    assert.match(wordsOn({ type: 'jetstream', url, stream: 'A.B' }), /has a faulty stream/);
    assert.match(wordsOn({ type: 'jetstream', url, stream: 'A', subject: 'a b' }), /has a faulty subject/);
    assert.match(wordsOn({ type: 'jetstream', url: 'http://localhost', stream: 'A' }), /must be a URL like nats:/);
  });

  test('of type mqtt says what is wrong with its address or its topic', () => {
    const config = { type: 'mqtt', url: 'mqtt://app:${PASSWORD}@localhost:1883', topic: 'orders/failed' };
    assert.equal(wordsOn(config), "topic 'orders/failed' of MQTT");
    assert.match(wordsOn({ ...config, topic: 'orders/#' }), /faulty topic: it must be a topic without wildcards/);
    assert.match(wordsOn({ ...config, url: 'mqtt://app:s3cret@localhost' }), /not contain a password/);
  });

  test('of type kafka says what is wrong with its brokers, its topic or its password', () => {
    const config = { type: 'kafka', brokers: ['localhost:9092'], topic: 'orders.failed' };
    assert.equal(
      wordsOn({ ...config, username: 'app', password: '${PW}', key: 'k' }),
      "topic 'orders.failed' of Kafka",
    );
    assert.match(wordsOn({ ...config, topic: 'orders failed' }), /has the topic 'orders failed', which may have only/);
    assert.match(wordsOn({ ...config, brokers: ['kafka://localhost'] }), /has the broker .* must be HOST:PORT/);
    assert.match(wordsOn({ ...config, username: 'app' }), /has only one of username and password/);
    assert.match(wordsOn({ ...config, username: 'app', password: 's3cret' }), /must not be written out/);
    assert.match(wordsOn({ ...config, brokers: [] }), /brokers/);
  });

  test('of type postgres says what is wrong with its address or its table', () => {
    const config = { type: 'postgres', url: 'postgres://app:${PASSWORD}@localhost/shop' };
    assert.equal(wordsOn(config), "table 'lam_outbox' of PostgreSQL");
    assert.match(wordsOn({ ...config, table: 'out"box' }), /has a faulty table: it must be TABLE or SCHEMA.TABLE/);
    assert.match(wordsOn({ ...config, url: 'mysql://localhost' }), /must be a URL like postgres:/);
    assert.match(wordsOn({ ...config, url: 'postgres://app:s3cret@localhost/shop' }), /not contain a password/);
  });
});
