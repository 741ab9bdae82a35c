import { createHash } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import { cloudEventsShape } from '../../source/run/cloud-events-shape.ts';
import { addressOf } from '../../source/run/payload.ts';
import { capacityOf } from '../../source/run/pump.ts';
import { sourceStarter, type SourceContext } from '../../source/run/source-starter.ts';
import type { MqttTrigger } from '../mqtt.ts';
import { MqttConnection } from './mqtt-connection.ts';
import type { MqttMessage } from './mqtt-message.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** A connection without a sign of life for one and a half of these is lost (s). */
const KEEPALIVE_S = 10;
const USUAL_PORT = 1883;
const USUAL_TLS_PORT = 8883;
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
  const url = new URL(text);
  const isTls = /^mqtts:/i.test(text);
  const digest = createHash('sha256').update(JSON.stringify([host.functionName, host.name, config.topic]));
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return {
    protocol: isTls ? 'mqtts' : 'mqtt',
    host: url.hostname.replaceAll(/[[\]]/g, ''),
    port: url.port === '' ? (isTls ? USUAL_TLS_PORT : USUAL_PORT) : Number(url.port),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    clientId: config.clientId ?? `lam-${host.functionName}-${digest.digest('hex').slice(0, 8)}`,
    clean: false,
    connectTimeout: CONNECT_MS,
    keepalive: KEEPALIVE_S,
    // The trigger's supervisor connects again.
    reconnectPeriod: 0,
    resubscribe: false,
    properties: {
      sessionExpiryInterval: config.sessionExpiry ?? SESSION_S,
      // Holds back the broker.
      receiveMaximum: Math.min(capacityOf(settings), MOST_RECEIVED),
    },
  };
}
