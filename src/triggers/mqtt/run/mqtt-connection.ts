import { listText } from '../../source/run/cloud-event.ts';
import { randomUUID } from 'node:crypto';
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt';
import type { DeathCause, Inbox, SourceConnection } from '../../source/run/message.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { MqttTrigger } from '../mqtt.ts';
import { openManually, type ManualClient } from './client.ts';
import { MqttLink } from './link.ts';
import { messageOf, type MqttMessage } from './mqtt-message.ts';

/** Most messages that wait. The broker holds back those with QoS 1 earlier; more with QoS 0 are dropped. */
const MOST_HELD = 10_000;
/** Longest text in a user property of lam (characters). */
const LONGEST_PROPERTY = 1000;
/** First reason code of a failure. */
const FAILURE = 128;

/**
 * A session at a broker. What is not acknowledged stays in it, and comes first when the trigger connects again, in the
 * same order.
 */
export class MqttConnection implements SourceConnection<MqttMessage> {
  readonly capacity = MOST_HELD;
  readonly #manual: ManualClient;
  readonly #link: MqttLink;
  readonly #context: SourceContext<MqttTrigger>;
  readonly #at: string;
  /** Makes ids unique to the connection: the protocol has none. */
  readonly #session = randomUUID();
  /** Messages that the broker sent before they could be taken. */
  #early: MqttMessage[] | undefined = [];
  #inbox: Inbox<MqttMessage> | undefined;
  #count = 0;
  #isPaused = false;

  constructor(options: IClientOptions, context: SourceContext<MqttTrigger>, at: string) {
    this.#context = context;
    this.#at = at;
    this.#manual = openManually(options, (topic, packet) => this.#take(topic, packet));
    this.#link = new MqttLink(this.#manual.client);
  }

  get client(): MqttClient {
    return this.#manual.client;
  }

  /** Resolves once the broker has accepted the connection; rejects with why it did not. */
  connected(): Promise<void> {
    return this.#link.connected();
  }

  /** Reports the loss of the connection from now on. */
  watch(): void {
    this.client.on('close', () => this.#context.lost(this.#link.end));
    if (!this.client.connected) this.#context.lost(this.#link.end);
  }

  eventOf(messages: readonly MqttMessage[]): string {
    return listText(messages);
  }

  async receive(inbox: Inbox<MqttMessage>): Promise<void> {
    const { topic, group, qos = 1 } = this.#context.config;
    const filter = group === undefined ? topic : `$share/${group}/${topic}`;
    // Retained messages only with a new subscription, not at each connection; shared ones have none.
    const retained = group === undefined ? { rh: 1 } : {};
    const [granted] = await this.client.subscribeAsync(filter, { qos: qos === 0 ? 0 : 1, ...retained });
    if (granted !== undefined && granted.qos >= FAILURE)
      throw this.#context.error('LAM_TRIGGERS_SOURCE_DENIED', `it does not let the user read '${filter}'`);
    this.#inbox = inbox;
    const early = this.#early ?? [];
    this.#early = undefined;
    if (early.length > 0) inbox.offer(early);
  }

  pause(): Promise<void> {
    // What still arrives stays in the session.
    this.#isPaused = true;
    return Promise.resolve();
  }

  async acknowledge(messages: readonly MqttMessage[]): Promise<void> {
    if (!this.client.connected) throw this.#context.error('LAM_TRIGGERS_SOURCE_LOST', this.#link.end);
    for (const { packet } of messages) this.#manual.acknowledge(packet);
    return Promise.resolve();
  }

  async deadLetter(message: MqttMessage, cause: DeathCause): Promise<void> {
    const { deadLetterTopic } = this.#context.config;
    const { topic, payload, packet } = message;
    if (deadLetterTopic !== undefined)
      await this.#link.publish(deadLetterTopic, payload, {
        userProperties: {
          ...packet.properties?.userProperties,
          'lam-topic': topic,
          'lam-attempts': String(cause.attempts),
          'lam-error-type': cause.errorType.slice(0, LONGEST_PROPERTY),
          'lam-error-message': cause.errorMessage.slice(0, LONGEST_PROPERTY),
        },
      });
    await this.acknowledge([message]);
  }

  release(): Promise<void> {
    // They stay in the session.
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.#link.close(this.#context.host.clock);
  }

  #take(topic: string, packet: IPublishPacket): void {
    if (this.#isPaused) return;
    if (packet.qos === 0 && (this.#inbox?.room ?? MOST_HELD - (this.#early?.length ?? 0)) === 0) return;
    const isKeyed = this.#context.config.orderBy === 'topic';
    const message = messageOf(topic, packet, { id: `${this.#session}-${this.#count++}`, at: this.#at, isKeyed });
    if (this.#early === undefined) this.#inbox?.offer([message]);
    else this.#early.push(message);
  }
}
