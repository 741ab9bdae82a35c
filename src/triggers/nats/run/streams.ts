import { createHash } from 'node:crypto';
import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { NoRespondersError, nanos } from '@nats-io/transport-node';
import type { LamError } from '../../../errors/index.ts';
import { capacityOf } from '../../source/run/pump.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { JetstreamTrigger } from '../jetstream.ts';

/** What a trigger works with at a server. */
export interface PreparedStreams {
  readonly consumer: ConsumerInfo;
  /** Whether the consumer is the trigger's own, so that no other client pulls from it. */
  readonly isOwn: boolean;
  readonly deadLetterSubject: string;
}

type Context = SourceContext<JetstreamTrigger>;

/** Default of the setting (s). */
const ACK_WAIT_S = 30;

/**
 * Checks that the streams and the consumer of a trigger exist, or creates missing ones where the trigger says so. Throws
 * `LAM_TRIGGERS_SOURCE_MISSING` and the errors of the server.
 */
export async function prepareStreams(manager: JetStreamManager, context: Context): Promise<PreparedStreams> {
  const { stream, subject = stream, create = false } = context.config;
  const { deadLetterSubject = `dead.${stream}` } = context.config;
  const exists = await found(manager.streams.info(stream), JetStreamApiCodes.StreamNotFound);
  if (exists === undefined) {
    if (!create) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `stream '${stream}'`);
    await manager.streams.add({ name: stream, subjects: [subject] });
  }
  // Before the consumer: without a place for dead letters nothing is to be read.
  await prepareDeadLetters(manager, context, deadLetterSubject);
  const consumer = await prepareConsumer(manager, context);
  return { consumer, isOwn: context.config.consumer === undefined, deadLetterSubject };
}

async function prepareDeadLetters(manager: JetStreamManager, context: Context, subject: string): Promise<void> {
  const { stream, subject: own, create = false } = context.config;
  const holder = await found(manager.streams.find(subject), JetStreamApiCodes.StreamNotFound);
  if (holder === stream && own === undefined)
    throw context.error(
      'LAM_TRIGGERS_SOURCE_MISSING',
      `stream for the dead letters '${subject}' besides '${stream}', which would deliver them again; name another deadLetterSubject, or the subject to read`,
    );
  if (holder !== undefined) return;
  if (!create) throw noDeadLetters(context, subject);
  const name = `${stream}-dead`;
  const before = await found(manager.streams.info(name), JetStreamApiCodes.StreamNotFound);
  if (before === undefined) await manager.streams.add({ name, subjects: [subject] });
  else await manager.streams.update(name, { subjects: [...before.config.subjects, subject] });
}

async function prepareConsumer(manager: JetStreamManager, context: Context): Promise<ConsumerInfo> {
  const { stream, consumer, create = false } = context.config;
  const name = consumer ?? ownName(context);
  const before = await found(manager.consumers.info(stream, name), JetStreamApiCodes.ConsumerNotFound);
  if (before === undefined) {
    if (consumer !== undefined && !create)
      throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `consumer '${consumer}' of stream '${stream}'`);
    return manager.consumers.add(stream, newConsumer(context, name));
  }
  if (consumer === undefined) return upToDate(manager, context, before);
  const fault = faultOf(before.config);
  if (fault !== undefined) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `consumer '${consumer}' ${fault}`);
  return before;
}

function newConsumer(context: Context, name: string): ConsumerConfig {
  const { subject, startAt = 'oldest' } = context.config;
  const { functionName, name: trigger } = context.host;
  return {
    durable_name: name,
    description: `trigger '${trigger}' of the function '${functionName}'`,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: startAt === 'oldest' ? DeliverPolicy.All : DeliverPolicy.New,
    // The trigger counts attempts: beyond a limit the server would skip messages, without a dead letter.
    max_deliver: -1,
    ...(subject === undefined ? {} : { filter_subject: subject }),
    ...limitsOf(context),
  } as ConsumerConfig;
}

/** Limits that follow from settings. The server holds back what the trigger has no room for. */
function limitsOf({ config, settings }: Context): { readonly ack_wait: number; readonly max_ack_pending: number } {
  return { ack_wait: nanos((config.ackWait ?? ACK_WAIT_S) * 1000), max_ack_pending: capacityOf(settings) };
}

/** Gives the trigger's own consumer the limits of its present settings. */
async function upToDate(manager: JetStreamManager, context: Context, before: ConsumerInfo): Promise<ConsumerInfo> {
  const { ack_wait, max_ack_pending } = limitsOf(context);
  if (before.config.ack_wait === ack_wait && before.config.max_ack_pending === max_ack_pending) return before;
  return manager.consumers.update(before.stream_name, before.name, { ack_wait, max_ack_pending });
}

/** Returns why a consumer of the user cannot serve a trigger: words after its name. */
function faultOf(config: ConsumerConfig): string | undefined {
  if (config.deliver_subject !== undefined) return 'that is pulled: that one is pushed';
  if (config.ack_policy !== AckPolicy.Explicit) return 'with the ack policy explicit';
  if (config.max_deliver !== undefined && config.max_deliver > 0)
    return `without max_deliver: beyond it the server would skip messages; that one has ${config.max_deliver}`;
  return undefined;
}

/** Name of a trigger's own consumer: the same as long as the trigger has its name. */
function ownName({ host }: Context): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([host.functionName, host.name]))
    .digest('hex');
  return `lam-${host.functionName}-${digest.slice(0, 8)}`;
}

/** Returns what a question finds; undefined if the server answers that it does not exist. */
async function found<T>(question: Promise<T>, code: number): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === code) return undefined;
    throw error;
  }
}

/** The error of a trigger whose dead letters no stream stores. */
export function noDeadLetters(context: Context, subject: string): LamError {
  return context.error('LAM_TRIGGERS_SOURCE_MISSING', `stream that stores the dead letters '${subject}'`);
}

/** Whether an error means that nothing answers at a subject of JetStream. */
export function isWithoutJetstream(error: unknown): boolean {
  return error instanceof NoRespondersError || (error instanceof Error && error.name === 'JetStreamNotEnabled');
}
