import { subscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { instancesChannel, type Admin, type BaseOptions } from '@platformatic/kafka';
import { wordsFor } from '../../source/failure-words.ts';
import type { KafkaAccess } from '../access.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;

// A connection that breaks while it signs in reports that twice, and the client listens once: the second report would
// end the daemon.
subscribe(instancesChannel.name, (message) => {
  const { type, instance } = message as { readonly type: string; readonly instance: EventEmitter };
  if (type === 'connection') instance.on('error', () => undefined);
});

/** Returns the options of a client. `value` resolves references. */
export function optionsOf(config: KafkaAccess, value: (text: string) => string): BaseOptions {
  const { brokers, tls = false, mechanism = 'PLAIN', username, password } = config;
  return {
    clientId: 'lam',
    bootstrapBrokers: brokers.map((broker) => withPort(value(broker))),
    connectTimeout: CONNECT_MS,
    // Who uses it connects again.
    retries: 1,
    retryDelay: 200,
    autocreateTopics: false,
    ...(tls ? { tls: {} } : {}),
    ...(username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism, username: value(username), password: value(password) } }),
  };
}

function withPort(broker: string): string {
  return /:\d+$/.test(broker) ? broker : `${broker}:9092`;
}

/** Creates a topic with the broker's default numbers of partitions and replicas. */
export async function createTopic(admin: Admin, topic: string): Promise<void> {
  try {
    await admin.createTopics({ topics: [topic], partitions: -1, replicas: -1 });
  } catch (error) {
    // Another daemon was faster.
    if (!reasonOf(error).includes('TOPIC_ALREADY_EXISTS')) throw error;
  }
}

/** The words of an error and of those behind it. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors : error instanceof Error ? [error.cause] : [];
  const words = inner.filter((one) => one !== undefined).map((one) => reasonOf(one));
  return [...new Set([wordsFor(error), ...words])].join(': ');
}
