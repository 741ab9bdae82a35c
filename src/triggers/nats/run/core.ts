import { cloudEventsShape } from '../../source/run/cloud-events-shape.ts';
import { sourceStarter, type SourceContext } from '../../source/run/source-starter.ts';
import type { NatsTrigger } from '../nats.ts';
import { closeNats, connectTrigger, natsAddress } from './client.ts';
import { sampleAttributes } from './nats-event.ts';
import { NatsSubscription, type NatsMessage } from './core-connection.ts';

/** Runs triggers of type `nats`. */
export const natsStarter = sourceStarter<NatsTrigger, NatsMessage>({
  source: 'NATS',
  at: ({ url }, value) => natsAddress(value(url)),
  shape: cloudEventsShape(({ subject }) => sampleAttributes(subject, '')),
  implied: ({ reply }) => (reply === true ? { batchSize: 1 } : {}),
  connect: async (context: SourceContext<NatsTrigger>) => {
    const client = await connectTrigger(context);
    return new NatsSubscription({
      client,
      context,
      at: natsAddress(context.value(context.config.url)),
      close: () => closeNats(client, context.host.clock),
    });
  },
});
