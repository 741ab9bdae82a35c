import { Admin, ProduceAcks, Producer, type BaseOptions } from '@platformatic/kafka';
import { isLamError } from '../../../errors/index.ts';
import type { DestinationContext, DestinationOpener, OpenDestination } from '../../destination.ts';
import type { KafkaDestination } from '../destination.ts';
import { createTopic, optionsOf, reasonOf } from './client.ts';

/** Further attempts of the client at a record. With fewer, it would make itself one that never gives up. */
const CLIENT_RETRIES = 2;

/** Adds records to topics. */
export const kafkaOpener: DestinationOpener<KafkaDestination> = { open: openTopic };

async function openTopic(config: KafkaDestination, context: DestinationContext): Promise<OpenDestination> {
  const { topic, key } = config;
  const options = optionsOf(config, (text) => context.value(text));
  await told(context, prepare(options, config, context));
  // The client's own repetitions then add a record once.
  const producer = new Producer({ ...options, idempotent: true, retries: CLIENT_RETRIES });
  // An error without a listener would end the daemon.
  producer.on('error', () => undefined);
  return {
    async send({ id, body }) {
      const headers = new Map([
        [Buffer.from('content-type'), Buffer.from('application/json')],
        [Buffer.from('lam-record-id'), Buffer.from(id)],
      ]);
      const message = { topic, key: Buffer.from(key ?? id), value: Buffer.from(body), headers };
      await told(context, producer.send({ acks: ProduceAcks.ALL, messages: [message] }));
    },
    close: () => producer.close(true),
  };
}

/** Checks that the topic exists, or creates it where the destination says so. */
async function prepare(
  options: BaseOptions,
  { topic, create = false }: KafkaDestination,
  context: DestinationContext,
): Promise<void> {
  const admin = new Admin(options);
  try {
    if ((await admin.listTopics()).includes(topic)) return;
    if (!create) throw context.error(`there is no topic '${topic}'`);
    await createTopic(admin, topic);
  } finally {
    await admin.close().catch(() => undefined);
  }
}

/** Rejects with all that an error says: the client's reasons are behind it. */
async function told(context: DestinationContext, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw isLamError(error) ? error : context.error(reasonOf(error));
  }
}
