import { jetstreamManager } from '@nats-io/jetstream';
import { cloudEventsShape } from '../../source/run/cloud-events-shape.ts';
import { sourceStarter, type SourceContext } from '../../source/run/source-starter.ts';
import type { JetstreamTrigger } from '../jetstream.ts';
import { ANSWER_MS, closeNats, connectTrigger, natsAddress } from './client.ts';
import { JetstreamConnection } from './jetstream-connection.ts';
import type { JetstreamMessage } from './jetstream-message.ts';
import { sampleAttributes } from './nats-event.ts';
import { isWithoutJetstream, prepareStreams } from './streams.ts';

/** Runs triggers of type `jetstream`. */
export const jetstreamStarter = sourceStarter<JetstreamTrigger, JetstreamMessage>({
  source: 'NATS',
  at: ({ url }, value) => natsAddress(value(url)),
  shape: cloudEventsShape(({ stream, subject = stream }, time) => ({
    ...sampleAttributes(subject, `/${stream}`),
    time,
  })),
  connect: connectTo,
});

async function connectTo(context: SourceContext<JetstreamTrigger>): Promise<JetstreamConnection> {
  const client = await connectTrigger(context);
  try {
    const manager = await jetstreamManager(client, { checkAPI: false, timeout: ANSWER_MS });
    const prepared = await prepareStreams(manager, context);
    const at = natsAddress(context.value(context.config.url));
    return new JetstreamConnection({ client, manager, context, at, ...prepared });
  } catch (error) {
    await closeNats(client, context.host.clock);
    throw isWithoutJetstream(error)
      ? context.error('LAM_TRIGGERS_SOURCE_MISSING', 'JetStream: it is not enabled there, or not for this user')
      : error;
  }
}
