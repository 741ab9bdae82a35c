import { listText } from '../../source/run/cloud-event.ts';
import {
  jetstream,
  type ConsumerInfo,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { millis, type NatsConnection } from '@nats-io/transport-node';
import { sendFitting } from '../../source/run/dead-letter.ts';
import type { DeathCause, Inbox, SourceConnection } from '../../source/run/message.ts';
import { capacityOf } from '../../source/run/pump.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { JetstreamTrigger } from '../jetstream.ts';
import { ANSWER_MS, closeNats } from './client.ts';
import { JetstreamMessage } from './jetstream-message.ts';
import { bareHeaders, deathHeaders } from './nats-event.ts';
import { returnPending } from './pending.ts';
import { isWithoutJetstream, noDeadLetters, type PreparedStreams } from './streams.ts';

/** Most messages of one request to the server. */
const MOST_PULLED = 1000;

/** A durable pull consumer. The server delivers no more than its `max_ack_pending` before it has acknowledgements. */
export class JetstreamConnection implements SourceConnection<JetstreamMessage> {
  readonly #client: NatsConnection;
  readonly #stream: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #context: SourceContext<JetstreamTrigger>;
  readonly #at: string;
  readonly #consumer: ConsumerInfo;
  readonly #isOwn: boolean;
  readonly #deadLetterSubject: string;
  /** By sequence: the last delivery of each message that is neither acknowledged nor dead. */
  readonly #held = new Map<number, JsMsg>();
  /** Messages that arrived in this turn. */
  readonly #arrived: JetstreamMessage[] = [];
  #messages: ConsumerMessages | undefined;
  #cancelProgress: (() => void) | undefined;
  #isPaused = false;

  constructor(
    parts: {
      readonly client: NatsConnection;
      readonly manager: JetStreamManager;
      readonly context: SourceContext<JetstreamTrigger>;
      readonly at: string;
    } & PreparedStreams,
  ) {
    this.#client = parts.client;
    this.#stream = jetstream(parts.client, { timeout: ANSWER_MS });
    this.#manager = parts.manager;
    this.#context = parts.context;
    this.#at = parts.at;
    this.#consumer = parts.consumer;
    this.#isOwn = parts.isOwn;
    this.#deadLetterSubject = parts.deadLetterSubject;
  }

  eventOf(messages: readonly JetstreamMessage[]): string {
    return listText(messages);
  }

  async receive(inbox: Inbox<JetstreamMessage>): Promise<void> {
    const { stream_name: stream, name, config } = this.#consumer;
    // What a killed daemon or a broken connection had comes first, at once and in order.
    await this.#returnPending(this.#isOwn);
    const consumer = await this.#stream.consumers.get(stream, name);
    const messages = await consumer.consume({
      max_messages: Math.min(capacityOf(this.#context.settings), MOST_PULLED),
      abort_on_missing_resource: true,
      callback: (message) => this.#take(message, inbox),
    });
    this.#messages = messages;
    void messages.closed().then((error) => {
      if (!this.#isPaused) this.#context.lost(error instanceof Error ? error : `consumer '${name}' was closed`);
    });
    const progressMs = millis(config.ack_wait ?? 0) / 3;
    if (progressMs > 0) this.#cancelProgress = this.#context.host.clock.every(progressMs, () => this.#reportProgress());
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#messages?.close();
  }

  acknowledge(messages: readonly JetstreamMessage[]): Promise<void> {
    return this.#settle(messages, (message) => message.ack());
  }

  async deadLetter(message: JetstreamMessage, cause: DeathCause): Promise<void> {
    const { stream, streamSequence } = message.message.info;
    const headers = deathHeaders(message.message, cause, {
      'Lam-Stream': stream,
      'Lam-Sequence': String(streamSequence),
    });
    // Confirmed first. The id keeps one that is repeated after a lost connection from being stored twice.
    try {
      await sendFitting((withCause) => {
        const options = withCause ? { headers, msgID: message.id } : bareHeaders(message.message);
        return this.#stream.publish(this.#deadLetterSubject, message.message.data, options);
      });
    } catch (error) {
      throw isWithoutJetstream(error) ? noDeadLetters(this.#context, this.#deadLetterSubject) : error;
    }
    // Without a reason, which older servers do not understand.
    await this.#settle([message], (one) => one.term());
    await this.#client.flush();
  }

  async release(messages: readonly JetstreamMessage[]): Promise<void> {
    this.#cancelProgress?.();
    if (!(await this.#returnPending(false))) await this.#settle(messages, (message) => message.nak());
    await this.#client.flush();
  }

  async lag(): Promise<number> {
    const { stream_name: stream, name } = this.#consumer;
    return (await this.#manager.consumers.info(stream, name)).num_pending;
  }

  async close(): Promise<void> {
    this.#cancelProgress?.();
    await closeNats(this.#client, this.#context.host.clock);
  }

  #returnPending(isForced: boolean): Promise<boolean> {
    return returnPending({ client: this.#client, manager: this.#manager, consumer: this.#consumer, isForced });
  }

  #take(message: JsMsg, inbox: Inbox<JetstreamMessage>): void {
    const { seq } = message;
    const isHeld = this.#held.has(seq);
    this.#held.set(seq, message);
    // Delivered again because progress was reported too late: it runs already, or waits for that.
    if (isHeld) return;
    this.#arrived.push(
      new JetstreamMessage(message, { at: this.#at, isKeyed: this.#context.config.orderBy === 'subject' }),
    );
    if (this.#arrived.length > 1) return;
    // What the server has sent at once becomes one batch, not several.
    queueMicrotask(() => inbox.offer(this.#arrived.splice(0)));
  }

  /** Settles messages by their last deliveries. A closed connection rejects. */
  async #settle(messages: readonly JetstreamMessage[], how: (message: JsMsg) => void): Promise<void> {
    for (const { sequence, message } of messages) {
      how(this.#held.get(sequence) ?? message);
      this.#held.delete(sequence);
    }
    return Promise.resolve();
  }

  /** Keeps the server from delivering again what waits or runs. */
  #reportProgress(): void {
    if (this.#client.isClosed()) return;
    for (const message of this.#held.values()) message.working();
  }
}
