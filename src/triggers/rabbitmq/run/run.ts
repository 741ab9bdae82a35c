import { randomUUID } from 'node:crypto';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { messageOf as wordsOf } from '../../../errors/index.ts';
import { capacityOf } from '../../source/run/pump.ts';
import { addressOf } from '../../source/run/payload.ts';
import { sourceStarter, type SourceContext, type SourceErrorCode } from '../../source/run/source-starter.ts';
import type { RabbitmqTrigger } from '../rabbitmq.ts';
import { connectBroker } from './broker.ts';
import { prepareQueues } from './queues.ts';
import { RabbitmqConnection } from './rabbitmq-connection.ts';
import type { RabbitmqMessage } from './rabbitmq-event.ts';
import { rabbitmqShape } from './rabbitmq-shape.ts';

/** Bound of the protocol. */
const MOST_PREFETCHED = 65_535;

/** Runs triggers of type `rabbitmq`. */
export const rabbitmqStarter = sourceStarter<RabbitmqTrigger, RabbitmqMessage>({
  source: 'RabbitMQ',
  at: ({ url }, value) => addressOf(value(url), 5672),
  implied: ({ reply }) => (reply === true ? { batchSize: 1 } : {}),
  shape: rabbitmqShape,
  connect: connectTo,
});

async function connectTo(context: SourceContext<RabbitmqTrigger>): Promise<RabbitmqConnection> {
  const url = context.value(context.config.url);
  const { functionName, name } = context.host;
  let model: ChannelModel;
  try {
    model = await connectBroker(url, `lam ${functionName} ${name}`);
  } catch (error) {
    throw context.error(codeOfRefusal(error), error);
  }
  let lost: unknown;
  // An error without a listener would end the daemon. The reason is in the first of the two events.
  model.on('error', (error) => (lost ??= error));
  model.on('close', (error?: Error) => context.lost(lost ?? error ?? 'it was closed'));
  try {
    await prepareQueues(model, context);
    const channel: ConfirmChannel = await model.createConfirmChannel();
    channel.on('error', (error) => context.lost(error));
    await channel.prefetch(Math.min(capacityOf(context.settings), MOST_PREFETCHED));
    return new RabbitmqConnection({ model, channel, context, consumer: randomUUID(), address: new URL(url) });
  } catch (error) {
    await model.close().catch(() => undefined);
    throw error;
  }
}

function codeOfRefusal(error: unknown): SourceErrorCode {
  return /ACCESS[-_]REFUSED|NOT[-_]ALLOWED|\b403\b|\b530\b/.test(wordsOf(error))
    ? 'LAM_TRIGGERS_SOURCE_DENIED'
    : 'LAM_TRIGGERS_SOURCE_UNREACHABLE';
}
