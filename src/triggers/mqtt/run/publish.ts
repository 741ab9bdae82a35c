import { randomUUID } from 'node:crypto';
import { connect } from 'mqtt';
import { Semaphore } from '../../../kit/index.ts';
import type { DestinationContext, DestinationOpener, OpenDestination } from '../../destination.ts';
import type { MqttDestination } from '../destination.ts';
import { MqttLink, optionsFor } from './link.ts';

/** What a broker takes unacknowledged unless it says otherwise (the protocol). */
const MOST_IN_FLIGHT = 65_535;

/** Publishes records. */
export const mqttOpener: DestinationOpener<MqttDestination> = { open: openTopic };

async function openTopic({ url, topic }: MqttDestination, context: DestinationContext): Promise<OpenDestination> {
  // A session of its own, which ends with the connection: another one sends again what was not acknowledged.
  const clientId = `lam-${context.functionName}-${randomUUID().slice(0, 8)}`;
  const client = connect({ ...optionsFor(context.value(url)), clientId, clean: true });
  let inFlight = MOST_IN_FLIGHT;
  client.once('connect', ({ properties }) => (inFlight = properties?.receiveMaximum ?? MOST_IN_FLIGHT));
  const link = new MqttLink(client);
  try {
    await link.connected();
  } catch (error) {
    await link.close(context.clock);
    throw error;
  }
  // The package does not count: a broker that gets more ends the connection.
  const places = new Semaphore(inFlight);
  return {
    send: ({ id, body }) =>
      places.run(() =>
        link.publish(topic, body, {
          contentType: 'application/json',
          payloadFormatIndicator: true,
          userProperties: { 'lam-record-id': id },
        }),
      ),
    close: () => link.close(context.clock),
  };
}
