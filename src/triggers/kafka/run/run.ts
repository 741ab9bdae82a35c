import { createHash, randomUUID } from 'node:crypto';
import {
  Admin,
  Consumer,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  Producer,
  type BaseOptions,
} from '@platformatic/kafka';
import { isLamError } from '../../../errors/index.ts';
import type { TriggerHost } from '../../running.ts';
import { sourceStarter, type SourceContext, type SourceErrorCode } from '../../source/run/source-starter.ts';
import type { KafkaTrigger } from '../kafka.ts';
import { createTopic, optionsOf, reasonOf } from './client.ts';
import { KafkaConnection } from './kafka-connection.ts';
import { kafkaShape, type KafkaMessage } from './kafka-record.ts';

/** A member without a sign of life for so long leaves its group (ms). */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2000;
/** Longest time that a rebalance waits for members (ms). */
const REBALANCE_MS = 15_000;
/** Longest wait of a read at the broker (ms). */
const WAIT_MS = 1000;
/** Most bytes of one read of a partition. */
const READ_BYTES = 1_048_576;

/** Tells processes apart. */
const INSTANCE = randomUUID();

/** Runs triggers of type `kafka`. */
export const kafkaStarter = sourceStarter<KafkaTrigger, KafkaMessage>({
  source: 'Kafka',
  at: ({ brokers }, value) => brokers.map((broker) => value(broker)).join(','),
  shape: kafkaShape,
  connect: connectTo,
});

async function connectTo(context: SourceContext<KafkaTrigger>): Promise<KafkaConnection> {
  const options = optionsOf(context.config, (text) => context.value(text));
  const admin = new Admin(options);
  try {
    return await connected(context, options, admin);
  } catch (error) {
    throw isRefusal(error)
      ? context.error('LAM_TRIGGERS_SOURCE_DENIED', reasonOf(error))
      : asSourceError(context, error);
  } finally {
    await admin.close().catch(() => undefined);
  }
}

async function connected(
  context: SourceContext<KafkaTrigger>,
  options: BaseOptions,
  admin: Admin,
): Promise<KafkaConnection> {
  const { config, host } = context;
  const { topics, group = host.functionName, startingPosition = 'TRIM_HORIZON', create = false } = config;
  const known = new Set(await admin.listTopics());
  for (const topic of topics.filter((one) => !known.has(one))) {
    if (!create) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `topic '${topic}'`);
    await createTopic(admin, topic);
  }
  const producer = new Producer(options);
  const consumer = new Consumer({
    ...options,
    groupId: group,
    groupInstanceId: staticMemberOf(host),
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_MS,
  });
  // An error without a listener would end the daemon.
  for (const client of [consumer, producer]) client.on('error', () => undefined);
  try {
    const fromOldest = startingPosition === 'TRIM_HORIZON';
    const stream = await consumer.consume({
      topics: [...topics],
      mode: MessagesStreamModes.COMMITTED,
      fallbackMode: fromOldest ? MessagesStreamFallbackModes.EARLIEST : MessagesStreamFallbackModes.LATEST,
      autocommit: false,
      maxWaitTime: WAIT_MS,
      maxBytesPerPartition: READ_BYTES,
    });
    if (!fromOldest) await commitStart(consumer);
    const ensureTopic = ensuring(options);
    return new KafkaConnection({ consumer, stream, producer, context, ensureTopic });
  } catch (error) {
    await consumer.close(true).catch(() => undefined);
    await producer.close(true).catch(() => undefined);
    throw error;
  }
}

/**
 * Returns the name of a trigger as a member of its group: a trigger that connects again takes the place of its earlier
 * member at once. Daemons have different ones, also in one process. Pure.
 */
export function staticMemberOf({
  home,
  functionName,
  name,
}: Pick<TriggerHost, 'home' | 'functionName' | 'name'>): string {
  const daemon = `${INSTANCE}-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;
  return `lam-${daemon}-${functionName}-${name}`.replaceAll(/[^\w.-]/g, '_').slice(0, 240);
}

/** Commits where partitions without an offset begin, so that nothing added from now on is skipped after a restart. */
async function commitStart(consumer: Consumer): Promise<void> {
  const assigned = consumer.assignments ?? [];
  if (assigned.length === 0) return;
  const committed = await consumer.listCommittedOffsets({ topics: assigned });
  const ends = await consumer.listOffsets({ topics: assigned.map(({ topic }) => topic) });
  const offsets = assigned.flatMap(({ topic, partitions }) =>
    partitions
      .filter((partition) => (committed.get(topic)?.[partition] ?? -1n) < 0n)
      .map((partition) => ({ topic, partition, offset: ends.get(topic)?.[partition] ?? 0n, leaderEpoch: -1 })),
  );
  if (offsets.length > 0) await consumer.commit({ offsets });
}

/** Returns a function that creates topics once each. */
function ensuring(options: BaseOptions): (topic: string) => Promise<void> {
  const known = new Set<string>();
  return async (topic) => {
    if (known.has(topic)) return;
    const admin = new Admin(options);
    try {
      if (!(await admin.listTopics()).includes(topic)) await createTopic(admin, topic);
    } finally {
      await admin.close().catch(() => undefined);
    }
    known.add(topic);
  };
}

function isRefusal(error: unknown): boolean {
  return /SASL|authenticat|AUTHORIZATION_FAILED/i.test(reasonOf(error));
}

function asSourceError(context: SourceContext<KafkaTrigger>, error: unknown): unknown {
  const code: SourceErrorCode = 'LAM_TRIGGERS_SOURCE_UNREACHABLE';
  return isLamError(error) ? error : context.error(code, reasonOf(error));
}
