import type { Message } from '@platformatic/kafka';
import type { EventShape } from '../../source/run/event-shape.ts';
import type { SourceMessage } from '../../source/run/message.ts';
import { base64Decoded, base64Length, base64Of, decoded } from '../../source/run/payload.ts';
import type { KafkaTrigger } from '../kafka.ts';

/** What of a record the rest uses. */
export type RawRecord = Pick<Message, 'topic' | 'partition' | 'offset' | 'timestamp' | 'headerEntries'> & {
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
};

/** A record that was read. */
export interface KafkaMessage extends SourceMessage {
  readonly record: RawRecord;
  /** `topic-partition`. */
  readonly key: string;
}

/** Share of a record besides key, value and headers (bytes). */
const ATTRIBUTES_BYTES = 200;

/** Returns a record as the pump takes it. */
export function messageOf(record: RawRecord): KafkaMessage {
  const { topic, partition, offset } = record;
  const key = `${topic}-${partition}`;
  const headers = record.headerEntries.reduce((sum, [name, value]) => sum + 10 + name.length + 4 * value.length, 0);
  return {
    id: `${key}:${offset}`,
    itemIdentifier: `${key}:${offset}`,
    deliveries: 1,
    key,
    record,
    bytes: ATTRIBUTES_BYTES + base64Length((record.key?.length ?? 0) + (record.value?.length ?? 0)) + headers,
    filterable: () => ({
      ...recordOf(record),
      ...(record.key === undefined ? {} : { key: decoded(record.key) }),
      ...(record.value === undefined ? {} : { value: decoded(record.value) }),
    }),
  };
}

/** Returns the event that Lambda makes of records of self-managed Kafka. */
export function eventOf(messages: readonly KafkaMessage[], bootstrapServers: string): unknown {
  const records: Record<string, object[]> = {};
  for (const { key, record } of messages) (records[key] ??= []).push(recordOf(record));
  return { eventSource: 'SelfManagedKafka', bootstrapServers, records };
}

/** Key and value are absent where the record has none. */
function recordOf({ topic, partition, offset, timestamp, key, value, headerEntries }: RawRecord): object {
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    timestampType: 'CREATE_TIME',
    ...(key === undefined ? {} : { key: base64Of(key) }),
    ...(value === undefined ? {} : { value: base64Of(value) }),
    headers: headerEntries.map(([name, bytes]) => ({ [name.toString()]: [...bytes] })),
  };
}

/** Events of topics for tests. */
export const kafkaShape: EventShape<KafkaTrigger> = {
  at: 'records',
  sample: ({ topics: [topic = ''], brokers }, { clock }) =>
    eventOf(
      [
        messageOf({
          topic,
          partition: 0,
          offset: 0n,
          timestamp: BigInt(clock.now()),
          key: Buffer.from('sample'),
          value: Buffer.from('{"message":"sample"}'),
          headerEntries: [],
        }),
      ],
      brokers.join(','),
    ),
  filterable: ({ key, value, ...record }) => ({
    ...record,
    ...(key === undefined ? {} : { key: base64Decoded(key) }),
    ...(value === undefined ? {} : { value: base64Decoded(value) }),
  }),
};
