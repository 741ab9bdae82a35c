import type { ChannelModel, Options } from 'amqplib';
import { messageOf as wordsOf } from '../../../errors/index.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { RabbitmqTrigger } from '../rabbitmq.ts';

/**
 * Checks that the queues of a trigger exist, or creates missing ones where the trigger says so. Throws
 * `LAM_TRIGGERS_SOURCE_MISSING` and `LAM_TRIGGERS_SOURCE_DENIED`.
 */
export async function prepareQueues(model: ChannelModel, context: SourceContext<RabbitmqTrigger>): Promise<void> {
  const { queue, create = false, deadLetterQueue } = context.config;
  const dead = deadLetterQueue ?? (create ? `${queue}.dead` : undefined);
  // Dead letters first: a queue whose dead letters have nowhere to go would lose them.
  if (dead !== undefined) await prepareQueue(model, context, { queue: dead, as: quorum({}) });
  const deadLetters = {
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': dead ?? '',
    // Dead letters wait until their queue has confirmed them; that requires refusing beyond a length limit.
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
  await prepareQueue(model, context, { queue, as: quorum(deadLetters) });
}

function quorum(more: Readonly<Record<string, string>>): Options.AssertQueue {
  return { durable: true, arguments: { 'x-queue-type': 'quorum', ...more } };
}

async function prepareQueue(
  model: ChannelModel,
  context: SourceContext<RabbitmqTrigger>,
  { queue, as }: { readonly queue: string; readonly as: Options.AssertQueue },
): Promise<void> {
  // The broker closes a channel that asks for a missing queue, so each question has its own.
  if (await onChannel(model, context, (channel) => channel.checkQueue(queue))) return;
  if (context.config.create !== true) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `queue '${queue}'`);
  await onChannel(model, context, (channel) => channel.assertQueue(queue, as));
}

/** Runs an operation on a channel of its own. Returns false if what it needs does not exist. */
async function onChannel(
  model: ChannelModel,
  context: SourceContext<RabbitmqTrigger>,
  operation: (channel: Awaited<ReturnType<ChannelModel['createChannel']>>) => Promise<unknown>,
): Promise<boolean> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  try {
    await operation(channel);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 404) return false;
    throw context.error(
      code === 403 ? 'LAM_TRIGGERS_SOURCE_DENIED' : 'LAM_TRIGGERS_SOURCE_UNREACHABLE',
      wordsOf(error),
    );
  }
  await channel.close();
  return true;
}
