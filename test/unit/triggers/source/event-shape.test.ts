import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLamError } from '../../../../src/errors/index.ts';
import type { TriggerConfig } from '../../../../src/contract/index.ts';
import { TRIGGER_KINDS } from '../../../../src/triggers/index.ts';
import type { Trial } from '../../../../src/triggers/running.ts';
import { asFunctionName } from '../../../support/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { ARNS } from '../../../support/arns.ts';

const COMMON = {
  url: 'amqp://h',
  queue: 'q',
  stream: 's',
  subject: 'a.*.>',
  topic: 'a/+/#',
  topics: ['t'],
  brokers: ['h:9092'],
};
/** Kinds whose events do not come from a source. */
const OTHERS = ['http', 'schedule', 'webhook', 'folder'];

/** What a test of a trigger gives to the function. */
async function trial(type: string, more: object, given?: unknown): Promise<Trial> {
  const kind = TRIGGER_KINDS.find((one) => one.type === type);
  const starter = await kind?.load?.();
  assert.ok(starter?.trial !== undefined, `'${type}' can be tested`);
  const config: TriggerConfig = { type, ...COMMON, ...more };
  const kept = {
    get: () => undefined,
    set: () => undefined,
    entries: { all: () => new Map(), set: () => undefined },
    settled: () => Promise.resolve(),
  };
  const about = {
    functionName: asFunctionName('f'),
    name: 'n',
    clock: new VirtualClock(),
    arns: ARNS,
    kept,
    isPaused: false,
  };
  return starter.trial(config, about, given);
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64');
const TEA = { filters: ['{"data":{"item":["tea"]}}'] };

describe('a test of a trigger', () => {
  test('gives the records that a filter lets pass, in the shape of the source', async () => {
    const messages = ['tea', 'milk'].map((item) => ({ data: base64({ item }) }));
    const queues = { rmqMessagesByQueue: { 'q::/': messages, 'r::/': [messages[1]] }, eventSource: 'aws:rmq' };
    assert.deepEqual(await trial('rabbitmq', TEA, queues), {
      event: { rmqMessagesByQueue: { 'q::/': [messages[0]] }, eventSource: 'aws:rmq' },
      filtered: 2,
      isFiltered: false,
    });
    const entries = ['tea', 'milk'].map((item) => ({ id: item, data: { item } }));
    assert.deepEqual(await trial('redis', TEA, entries), { event: [entries[0]], filtered: 1, isFiltered: false });
  });

  test('shows filters the JSON of a body, and the text of binary data', async () => {
    const Records = ['tea', 'milk'].map((item) => ({ body: JSON.stringify({ item }) }));
    const filters = ['{"body":{"item":["tea"]}}'];
    assert.deepEqual((await trial('sqs', { filters }, { Records })).event, { Records: [Records[0]] });
    const events = ['tea', 'milk'].map((item) => ({ data_base64: base64({ item }) }));
    assert.deepEqual((await trial('mqtt', TEA, events)).event, [events[0]]);
  });

  test('gives samples on subjects and topics that the trigger reads', async () => {
    for (const [type, subject] of Object.entries({ nats: 'a.sample.sample', mqtt: 'a/sample/sample' })) {
      const { event } = await trial(type, {});
      assert.equal((event as { subject: string }[])[0]?.subject, subject);
    }
  });

  test('says that nothing is left for the function', async () => {
    const { event, ...rest } = await trial('redis', TEA);
    assert.deepEqual(rest, { filtered: 1, isFiltered: true });
    assert.ok(Array.isArray(event) && event.length === 1);
  });

  test('has a sample of each source, and none without records passes as an event', async () => {
    for (const type of TRIGGER_KINDS.map((kind) => kind.type).filter((one) => !OTHERS.includes(one))) {
      const sample = await trial(type, {});
      assert.deepEqual([sample.filtered, sample.isFiltered], [0, false], type);
      // A sample is an event of the kind.
      assert.deepEqual(await trial(type, {}, sample.event), sample, type);
      for (const wrong of [7, 'x', {}, [], [1], { rmqMessagesByQueue: {} }, { rmqMessagesByQueue: { a: 1 } }])
        await assert.rejects(
          trial(type, {}, wrong),
          (error) => isLamError(error) && error.code === 'LAM_TRIGGERS_BAD_EVENT',
        );
    }
  });
});
