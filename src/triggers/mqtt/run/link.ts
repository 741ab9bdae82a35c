import type { IClientOptions, IClientPublishOptions, MqttClient } from 'mqtt';
import type { Clock } from '../../../kit/index.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** A connection without a sign of life for one and a half of these is lost (s). */
const KEEPALIVE_S = 10;
/** Longest time to say goodbye to a broker (ms). */
const CLOSE_MS = 2000;
export const USUAL_PORT = 1883;
const USUAL_TLS_PORT = 8883;

/** Returns the options of a client that connects once only. */
export function optionsFor(text: string): IClientOptions {
  const url = new URL(text);
  const isTls = /^mqtts:/i.test(text);
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return {
    protocol: isTls ? 'mqtts' : 'mqtt',
    host: url.hostname.replaceAll(/[[\]]/g, ''),
    port: url.port === '' ? (isTls ? USUAL_TLS_PORT : USUAL_PORT) : Number(url.port),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    protocolVersion: 5,
    connectTimeout: CONNECT_MS,
    keepalive: KEEPALIVE_S,
    // Who uses it connects again.
    reconnectPeriod: 0,
    resubscribe: false,
  };
}

/** A client that has just been made, and the end of its connection. */
export class MqttLink {
  readonly client: MqttClient;
  readonly #closed = Promise.withResolvers<never>();
  /** Why the connection failed, as far as the broker or the client said. */
  #why: Error | undefined;

  constructor(client: MqttClient) {
    this.client = client;
    // An error without a listener would end the daemon.
    client.on('error', (error) => (this.#why = error));
    client.on('disconnect', ({ reasonCode }) => {
      this.#why ??= new Error(`the broker ended it with reason code ${reasonCode ?? 0}`);
    });
    this.#closed.promise.catch(() => undefined);
    client.once('close', () => this.#closed.reject(this.end));
  }

  /** Why the connection ended. */
  get end(): Error {
    return this.#why ?? new Error('it was closed');
  }

  /** Resolves once the broker has accepted the connection; rejects with why it did not. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.once('connect', () => resolve());
      this.client.once('error', reject);
      this.client.once('close', () => reject(new Error('it closed the connection')));
    });
  }

  /** Publishes with QoS 1; resolves once the broker has it. Rejects when it refuses it, and when the connection ends. */
  async publish(topic: string, payload: Uint8Array, properties: IClientPublishOptions['properties']): Promise<void> {
    const options = { qos: 1 as const, ...(properties === undefined ? {} : { properties }) };
    const published = this.client.publishAsync(topic, Buffer.from(payload), options);
    // The package would wait for the next connection.
    await Promise.race([published, this.#closed.promise]);
  }

  /** Closes the connection; a broker that does not answer is not waited for. */
  async close(clock: Clock): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(CLOSE_MS, resolve);
    const ended = this.client.connected ? this.client.endAsync(false).catch(() => undefined) : undefined;
    await Promise.race([ended, promise]).finally(cancel);
    await this.client.endAsync(true).catch(() => undefined);
    // The package leaves it open where the first end still waits for the broker.
    if (!this.client.stream.destroyed) this.client.stream.destroy();
  }
}
