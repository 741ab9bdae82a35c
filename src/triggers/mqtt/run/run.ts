import { createHash } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import { cloudEventsShape } from '../../source/run/cloud-events-shape.ts';
import { addressOf } from '../../source/run/payload.ts';
import { capacityOf } from '../../source/run/pump.ts';
import { sourceStarter, type SourceContext } from '../../source/run/source-starter.ts';
import type { MqttTrigger } from '../mqtt.ts';
import { optionsFor, USUAL_PORT } from './link.ts';
import { MqttConnection } from './mqtt-connection.ts';
import type { MqttMessage } from './mqtt-message.ts';

/** Bound of the protocol. */
const MOST_RECEIVED = 65_535;
/** Default of the setting (s). */
const SESSION_S = 86_400;

/** Reason codes of brokers that refuse credentials. */
const DENIED: readonly unknown[] = [4, 5, 134, 135];

/** Runs triggers of type `mqtt`. */
export const mqttStarter = sourceStarter<MqttTrigger, MqttMessage>({
  source: 'MQTT',
  at: ({ url }, value) => addressOf(value(url), USUAL_PORT),
  shape: cloudEventsShape(({ topic }) => ({
    source: 'mqtt://localhost:1883',
    type: 'lam.mqtt.message',
    subject: topic.replaceAll(/[+#]/g, 'sample'),
  })),
  connect: connectTo,
});

async function connectTo(context: SourceContext<MqttTrigger>): Promise<MqttConnection> {
  const url = context.value(context.config.url);
  const connection = new MqttConnection(optionsOf(url, context), context, addressOf(url, USUAL_PORT));
  try {
    await connection.connected();
  } catch (error) {
    await connection.close();
    const { code } = error as { code?: unknown };
    throw DENIED.includes(code) ? context.error('LAM_TRIGGERS_SOURCE_DENIED', error) : error;
  }
  connection.watch();
  return connection;
}

function optionsOf(text: string, { config, settings, host }: SourceContext<MqttTrigger>): IClientOptions {
  const digest = createHash('sha256').update(JSON.stringify([host.functionName, host.name, config.topic]));
  return {
    ...optionsFor(text),
    clientId: config.clientId ?? `lam-${host.functionName}-${digest.digest('hex').slice(0, 8)}`,
    clean: false,
    properties: {
      sessionExpiryInterval: config.sessionExpiry ?? SESSION_S,
      // Holds back the broker.
      receiveMaximum: Math.min(capacityOf(settings), MOST_RECEIVED),
    },
  };
}
