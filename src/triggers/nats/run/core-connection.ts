import { filterableOfText, listText } from '../../source/run/cloud-event.ts';
import { headers, nuid, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { sendFitting } from '../../source/run/dead-letter.ts';
import type { DeathCause, Inbox, SourceConnection, SourceMessage } from '../../source/run/message.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { NatsTrigger } from '../nats.ts';
import { bareHeaders, bytesOf, deathHeaders, eventOf, oneLine } from './nats-event.ts';

/** A message on a subject. */
export interface NatsMessage extends SourceMessage {
  readonly message: Msg;
  /** JSON text. */
  readonly event: string;
}

/** Most messages that wait for their run, and most of their bytes. */
const MOST_HELD = 10_000;
const MOST_HELD_BYTES = 64 * 1024 * 1024;
/** Longest message of an error in an answer (characters), so that the server takes it. */
const LONGEST_MESSAGE = 10_000;

/**
 * A member of a queue group. While too many messages wait, it leaves the group, so that others get the next ones: NATS
 * keeps messages for nobody.
 */
export class NatsSubscription implements SourceConnection<NatsMessage> {
  readonly capacity = MOST_HELD;
  readonly #client: NatsConnection;
  readonly #context: SourceContext<NatsTrigger>;
  readonly #at: string;
  readonly #close: () => Promise<void>;
  #inbox: Inbox<NatsMessage> | undefined;
  #subscription: Subscription | undefined;
  /** Resolves when nothing more arrives by the subscription that was left. */
  #leaving: Promise<void> = Promise.resolve();
  #isPaused = false;
  #held = 0;
  #heldBytes = 0;

  constructor(parts: {
    readonly client: NatsConnection;
    readonly context: SourceContext<NatsTrigger>;
    readonly at: string;
    readonly close: () => Promise<void>;
  }) {
    this.#client = parts.client;
    this.#context = parts.context;
    this.#at = parts.at;
    this.#close = parts.close;
  }

  eventOf(messages: readonly NatsMessage[]): string {
    return listText(messages);
  }

  async receive(inbox: Inbox<NatsMessage>): Promise<void> {
    this.#inbox = inbox;
    const { promise: refused, reject } = Promise.withResolvers<never>();
    refused.catch(() => undefined);
    this.#subscribe((error) => reject(this.#context.error('LAM_TRIGGERS_SOURCE_DENIED', error)));
    // A refusal arrives before the answer to the flush.
    await Promise.race([refused, this.#client.flush()]);
    await Promise.race([refused, Promise.resolve()]);
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
    // What the server has sent until it knows arrives first.
    await Promise.all([this.#leaving, this.#subscription?.drain()]);
  }

  async acknowledge(messages: readonly NatsMessage[], answer: Uint8Array | undefined): Promise<void> {
    for (const message of messages) {
      this.#settled(message);
      const { reply } = message.message;
      if (answer !== undefined && this.#context.config.reply === true && reply) this.#answer(reply, answer);
    }
    // A publish on a closed connection throws, which rejects.
    return Promise.resolve();
  }

  async deadLetter(message: NatsMessage, cause: DeathCause): Promise<void> {
    this.#settled(message);
    const { deadLetterSubject, reply = false } = this.#context.config;
    const { message: raw } = message;
    if (reply && raw.reply) this.#refuse(raw.reply, cause);
    if (deadLetterSubject !== undefined)
      await sendFitting(async (withCause) => {
        const options = withCause ? { headers: deathHeaders(raw, cause, {}) } : bareHeaders(raw);
        this.#client.publish(deadLetterSubject, raw.data, options);
        return Promise.resolve();
      });
    await this.#client.flush();
  }

  async release(messages: readonly NatsMessage[]): Promise<void> {
    const errorMessage = 'the function stopped listening before it could run';
    for (const message of messages)
      await this.deadLetter(message, { attempts: 0, errorType: 'LAM_TRIGGERS_STOPPED', errorMessage });
  }

  close(): Promise<void> {
    return this.#close();
  }

  #subscribe(refused: (error: Error) => void): void {
    const { subject, queueGroup = this.#context.host.functionName } = this.#context.config;
    this.#subscription = this.#client.subscribe(subject, {
      queue: queueGroup,
      callback: (error, message) => {
        if (error === null) this.#take(message);
        else refused(error);
      },
    });
  }

  #take(message: Msg): void {
    const id = nuid.next();
    const event = eventOf(message, { id, at: this.#at });
    const bytes = bytesOf(message);
    this.#held++;
    this.#heldBytes += bytes;
    if (this.#subscription !== undefined && (this.#held >= MOST_HELD || this.#heldBytes >= MOST_HELD_BYTES)) {
      // Not at once: the server has sent messages before it knows.
      this.#leaving = this.#subscription.drain().catch(() => undefined);
      this.#subscription = undefined;
    }
    this.#inbox?.offer([
      {
        id,
        itemIdentifier: id,
        deliveries: 1,
        ...(this.#context.config.orderBy === 'subject' ? { key: message.subject } : {}),
        bytes,
        message,
        event,
        filterable: () => filterableOfText(event),
      },
    ]);
  }

  /** Joins the group again once half of the waiting messages have run. */
  #settled({ bytes }: NatsMessage): void {
    this.#held--;
    this.#heldBytes -= bytes;
    if (this.#isPaused || this.#subscription !== undefined || this.#client.isClosed()) return;
    if (this.#held > MOST_HELD / 2 || this.#heldBytes > MOST_HELD_BYTES / 2) return;
    this.#subscribe((error) => this.#context.lost(error));
  }

  /** Answers a request; with an error if the server would not take an answer of this length. */
  #answer(reply: string, answer: Uint8Array): void {
    const { max_payload: most = answer.length } = this.#client.info ?? {};
    if (answer.length <= most) {
      this.#client.publish(reply, answer);
      return;
    }
    const errorMessage = `the answer of ${answer.length} bytes is longer than the ${most} that the server takes`;
    this.#refuse(reply, { attempts: 1, errorType: 'LAM_EDGE_PAYLOAD_TOO_LARGE', errorMessage });
  }

  /** Answers a request with an error, in the form of NATS's services. */
  #refuse(reply: string, { errorType, errorMessage }: DeathCause): void {
    const all = headers();
    all.set('Nats-Service-Error-Code', '500');
    all.set('Nats-Service-Error', oneLine(`${errorType}: ${errorMessage}`));
    const told = { errorType, errorMessage: errorMessage.slice(0, LONGEST_MESSAGE) };
    this.#client.publish(reply, JSON.stringify(told), { headers: all });
  }
}
