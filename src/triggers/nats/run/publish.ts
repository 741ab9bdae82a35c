import { setImmediate as turn } from 'node:timers/promises';
import { jetstream, JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import type { DeliveredRecord, DestinationContext, DestinationOpener, OpenDestination } from '../../destination.ts';
import type { JetstreamDestination, NatsDestination } from '../destination.ts';
import { ANSWER_MS, closeNats, connectNats } from './client.ts';
import { isWithoutJetstream } from './streams.ts';

/** Publishes records to subjects. */
export const natsOpener: DestinationOpener<NatsDestination> = {
  open: (config, context) => openNats(config, context, publisher),
};

/** Publishes records to streams. */
export const jetstreamOpener: DestinationOpener<JetstreamDestination> = {
  open: (config, context) => openNats(config, context, streamPublisher),
};

type Send = OpenDestination['send'];

async function openNats<C extends { readonly url: string }>(
  config: C,
  context: DestinationContext,
  sender: (client: NatsConnection, config: C, context: DestinationContext) => Promise<Send>,
): Promise<OpenDestination> {
  const client = await connectNats(context.value(config.url), `lam ${context.functionName} ${context.outcome}`);
  const close = (): Promise<void> => closeNats(client, context.clock);
  try {
    return { send: await sender(client, config, context), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function publisher(client: NatsConnection, { subject }: NatsDestination): Promise<Send> {
  let refusal: Error | undefined;
  void (async () => {
    for await (const status of client.status()) if (status.type === 'error') refusal = status.error;
  })();
  return Promise.resolve(async ({ id, body }: DeliveredRecord) => {
    const all = headers();
    all.set('Content-Type', 'application/json');
    all.set('Nats-Msg-Id', id);
    client.publish(subject, body, { headers: all });
    await client.flush();
    // A refusal comes before the answer to the flush, but its listener is told later.
    await turn();
    if (refusal !== undefined) throw refusal;
  });
}

async function streamPublisher(
  client: NatsConnection,
  config: JetstreamDestination,
  context: DestinationContext,
): Promise<Send> {
  const { stream, subject = stream, create = false } = config;
  if (create) await createStream(client, stream, subject);
  const publishing = jetstream(client, { timeout: ANSWER_MS });
  return async ({ id, body }) => {
    const all = headers();
    all.set('Content-Type', 'application/json');
    try {
      // Within its window for duplicates, the stream stores a record once.
      await publishing.publish(subject, body, { msgID: id, headers: all, expect: { streamName: stream } });
    } catch (error) {
      throw isWithoutJetstream(error)
        ? context.error(`there is no stream '${stream}' that stores the subject '${subject}'`)
        : error;
    }
  };
}

/** Creates a stream unless it exists. */
async function createStream(client: NatsConnection, name: string, subject: string): Promise<void> {
  const { streams } = await jetstreamManager(client, { checkAPI: false, timeout: ANSWER_MS });
  try {
    await streams.info(name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound) throw error;
    await streams.add({ name, subjects: [subject] });
  }
}
