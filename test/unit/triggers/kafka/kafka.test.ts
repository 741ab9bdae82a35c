import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kafka, type KafkaTrigger } from '../../../../src/triggers/kafka/kafka.ts';
import { messageOf, type KafkaMessage } from '../../../../src/triggers/kafka/run/kafka-record.ts';
import { Offsets } from '../../../../src/triggers/kafka/run/offsets.ts';
import { staticMemberOf } from '../../../../src/triggers/kafka/run/run.ts';
import { asFunctionName } from '../../../support/ids.ts';

function faultOf(more: Partial<KafkaTrigger>): string | undefined {
  return kafka.fault({ type: 'kafka', brokers: ['localhost:9092'], topics: ['orders'], ...more })?.fault;
}

function record(offset: bigint, partition = 0): KafkaMessage {
  return messageOf({
    ...{ topic: 'orders', partition, offset, timestamp: 0n, headerEntries: [] },
    key: undefined,
    value: Buffer.from('x'),
  });
}

describe('the offset of a partition', () => {
  const moved = (offsets: Offsets, ...messages: readonly KafkaMessage[]): readonly string[] =>
    offsets.settle(messages).map(({ partition, offset }) => `${partition}:${offset}`);

  test('moves only over records that are settled', () => {
    const offsets = new Offsets();
    const [a, b, c, other] = [record(5n), record(6n), record(9n), record(3n, 1)];
    for (const message of [a, b, c, other]) assert.equal(offsets.take(message), true);
    assert.deepEqual(moved(offsets, b), []);
    assert.deepEqual(moved(offsets, a, other), ['0:9', '1:4']);
    assert.deepEqual(moved(offsets, a), []);
    assert.deepEqual(moved(offsets, c), ['0:10']);
  });

  test('is that of the assigned partitions: records that come again are taken once, those of lost ones do not count', () => {
    const offsets = new Offsets();
    const early = record(1n);
    offsets.take(early);
    assert.equal(offsets.take(record(1n)), false);
    offsets.keep(new Set(['orders-0']));
    assert.equal(offsets.nextOf('orders-0'), 2n);
    offsets.keep(new Set());
    assert.equal(offsets.nextOf('orders-0'), undefined);
    const again = record(1n);
    assert.equal(offsets.take(again), true);
    assert.deepEqual(moved(offsets, early), []);
    assert.deepEqual(moved(offsets, again), ['0:2']);
  });
});

test('a trigger of Kafka refuses faulty brokers and topics, written passwords, and its own dead letters', () => {
  for (const brokers of [['h'], ['h:1', '${BROKER}'], ['[::1]:9092']]) assert.equal(faultOf({ brokers }), undefined);
  for (const broker of ['kafka://h:9092', 'h:port', 'h:1,i:1', ''])
    assert.match(faultOf({ brokers: [broker] }) ?? '', /must be HOST:PORT/, broker);
  assert.match(faultOf({ topics: ['a b'] }) ?? '', /has the topic 'a b'/);
  assert.match(faultOf({ username: 'app', password: 's3cret' }) ?? '', /^has a password, which /);
  assert.match(faultOf({ username: 'app' }) ?? '', /only one of username and password/);
  assert.match(faultOf({ deadLetterTopic: 'orders' }) ?? '', /its own dead letters/);
  assert.equal(faultOf({ username: 'app', password: '${PASSWORD}', deadLetterTopic: 'failed' }), undefined);
});

test('a member of a group has the same name again in its daemon, and another in each other daemon', () => {
  const memberOf = (home: string, name: string): string =>
    staticMemberOf({ home, functionName: asFunctionName('f'), name });
  assert.equal(memberOf('/one', 'a b'), memberOf('/one', 'a b'));
  assert.match(memberOf('/one', 'a b'), /^lam-[\w-]+-f-a_b$/);
  assert.equal(new Set([memberOf('/one', 'a'), memberOf('/two', 'a'), memberOf('/one', 'b')]).size, 3);
});
