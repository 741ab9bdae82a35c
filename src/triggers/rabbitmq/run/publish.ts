import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import type { DeliveredRecord, DestinationContext, DestinationOpener, OpenDestination } from '../../destination.ts';
import type { RabbitmqDestination } from '../destination.ts';
import { connectBroker } from './broker.ts';

/** Longest time to say goodbye to a broker (ms). */
const CLOSE_MS = 2000;

/** Publishes records. */
export const rabbitmqOpener: DestinationOpener<RabbitmqDestination> = { open: openQueue };

async function openQueue(config: RabbitmqDestination, context: DestinationContext): Promise<OpenDestination> {
  const { functionName, outcome } = context;
  const model = await connectBroker(context.value(config.url), `lam ${functionName} ${outcome}`);
  // Errors without a listener would end the daemon; what they break rejects.
  model.on('error', () => undefined);
  try {
    const channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
    await prepare(channel, config);
    const returned = new Set<string>();
    // The broker tells of messages without a queue before it confirms them.
    channel.on('return', ({ properties }) => returned.add(String(properties.messageId)));
    return {
      async send(record) {
        await publish(channel, config.queue, record);
        if (returned.delete(record.id)) throw context.error(`there is no queue '${config.queue}'`);
      },
      close: () => close(model, context),
    };
  } catch (error) {
    await close(model, context);
    throw error;
  }
}

async function prepare(channel: ConfirmChannel, { queue, create = false }: RabbitmqDestination): Promise<void> {
  if (create) await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  else await channel.checkQueue(queue);
}

function publish(channel: ConfirmChannel, queue: string, { id, body }: DeliveredRecord): Promise<void> {
  const options: Options.Publish = {
    persistent: true,
    mandatory: true,
    messageId: id,
    contentType: 'application/json',
    type: 'lam.record',
  };
  return new Promise((resolve, reject) => {
    // A channel that closes rejects what it has not confirmed.
    channel.publish('', queue, Buffer.from(body), options, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** A broker that does not answer must not hold up the daemon's stop. */
async function close(model: ChannelModel, { clock }: DestinationContext): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(CLOSE_MS, resolve);
  const closing = model.close().catch(() => undefined);
  await Promise.race([closing, promise]).finally(cancel);
}
