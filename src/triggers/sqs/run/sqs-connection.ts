import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { sendFitting } from '../../source/run/dead-letter.ts';
import type { DeathCause, Inbox, SourceConnection } from '../../source/run/message.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { SqsTrigger } from '../sqs.ts';
import { deadLetterOf } from './dead-letter.ts';
import { MOST_PER_REQUEST, type Queue } from './queue.ts';
import { lengthOf, type Queues } from './queues.ts';
import { eventOf, messageOf, type QueueOrigin, type SqsMessage } from './sqs-message.ts';

/** Time that a request waits for a message, unless the trigger says otherwise (seconds). */
const WAIT_S = 3;
/** Time beyond that after which a pending request is given up when the trigger stops (ms). */
const GRACE_MS = 10_000;
/** Most requests for messages at the same time, while the queue has more than one of them takes. */
const MOST_RECEIVERS = 5;
/** Longest time to return messages (ms). */
const RELEASE_MS = 10_000;
/** Received messages are hidden for this share of their time, and then hidden anew. */
const RENEW_SHARE = 1 / 3;

/**
 * A consumer of a queue by long polling. Messages that are held stay hidden from other consumers: their visibility
 * timeout is extended until they are deleted or returned.
 */
export class SqsConnection implements SourceConnection<SqsMessage> {
  readonly maxRetries?: number;
  readonly #client: SQSClient;
  readonly #context: SourceContext<SqsTrigger>;
  readonly #main: Queue;
  readonly #dead: Queue | undefined;
  readonly #origin: QueueOrigin;
  /** Seconds. */
  readonly #hide: number;
  /** Seconds. */
  readonly #waitS: number;
  readonly #paused = new AbortController();
  readonly #givenUp = new AbortController();
  /** Held messages by their id. */
  readonly #held = new Map<string, SqsMessage>();
  #receiving: Promise<void> = Promise.resolve();
  #cancelRenewal: (() => void) | undefined;

  constructor(parts: {
    readonly client: SQSClient;
    readonly context: SourceContext<SqsTrigger>;
    readonly queues: Queues;
    readonly region: string;
  }) {
    this.#client = parts.client;
    this.#context = parts.context;
    this.#main = parts.queues.main;
    this.#dead = parts.queues.dead;
    const { arn, redrive, visibilityTimeout } = this.#main.facts;
    this.#origin = { arn, region: parts.region, isFifo: arn.endsWith('.fifo') };
    this.#hide = parts.context.config.visibilityTimeout ?? Math.max(2, visibilityTimeout);
    this.#waitS = parts.context.config.waitTime ?? WAIT_S;
    if (redrive !== undefined) this.maxRetries = redrive.maxReceiveCount - 1;
    else if (this.#dead === undefined) this.maxRetries = Infinity;
  }

  eventOf(messages: readonly SqsMessage[]): string {
    return JSON.stringify(eventOf(messages, this.#origin));
  }

  receive(inbox: Inbox<SqsMessage>): Promise<void> {
    const { clock } = this.#context.host;
    this.#cancelRenewal = clock.every(this.#hide * 1000 * RENEW_SHARE, () => void this.#renew());
    this.#receiving = this.#receiveAll(inbox).catch((error: unknown) => {
      if (!this.#paused.signal.aborted) this.#context.lost(error);
    });
    return Promise.resolve();
  }

  async pause(): Promise<void> {
    this.#paused.abort();
    // A request that is broken off may still receive messages, which then are hidden and held by nobody.
    const graceMs = this.#waitS * 1000 + GRACE_MS;
    const cancel = this.#context.host.clock.after(graceMs, () => this.#givenUp.abort());
    await this.#receiving.finally(cancel);
  }

  async acknowledge(messages: readonly SqsMessage[]): Promise<void> {
    const why = await this.#main.delete(messages.map(({ handle }) => handle));
    if (why !== undefined) throw this.#context.error('LAM_TRIGGERS_SOURCE_LOST', `it deletes no messages: ${why}`);
    this.#forget(messages);
  }

  async deadLetter(message: SqsMessage, cause: DeathCause): Promise<void> {
    const { arn } = this.#main.facts;
    const dead = this.#dead;
    // One that no attempt can help comes again when it is visible.
    if (dead === undefined) return this.#forget([message]);
    await sendFitting((withCause) => dead.send(deadLetterOf(message, arn, withCause ? cause : undefined)));
    await this.acknowledge([message]);
  }

  async release(messages: readonly SqsMessage[]): Promise<void> {
    this.#forget(messages);
    const handles = messages.map(({ handle }) => handle);
    // A server that does not answer must not hold up the daemon's stop.
    const late = new AbortController();
    const cancel = this.#context.host.clock.after(RELEASE_MS, () => late.abort());
    await this.#main.hide(handles, 0, late.signal).finally(cancel);
  }

  lag(): Promise<number> {
    return lengthOf(this.#client, this.#main.facts);
  }

  close(): Promise<void> {
    this.#cancelRenewal?.();
    this.#client.destroy();
    return Promise.resolve();
  }

  /** Polls with one request, and with several while each comes back full. */
  async #receiveAll(inbox: Inbox<SqsMessage>): Promise<void> {
    const { signal } = this.#paused;
    let receivers = 1;
    while (!signal.aborted) {
      await inbox.roomFor(signal);
      if (signal.aborted) return;
      const counts = sharesOf(inbox.room, receivers);
      // Several do not wait: there may be no more.
      const waitS = counts.length === 1 ? this.#waitS : 0;
      // Also after a failure of one: what others still receive must be offered before this ends.
      const results = await Promise.allSettled(
        counts.map(async (count) => {
          const received = await this.#main.receive({ count, waitS, hideS: this.#hide }, this.#givenUp.signal);
          inbox.offer(received.flatMap((one) => this.#take(one)));
          return received.length;
        }),
      );
      const numbers = results.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      });
      receivers = numbers.every((number, n) => number === counts[n]) ? MOST_RECEIVERS : 1;
    }
  }

  /** Returns a received message, or nothing if it is held already: its time ran out, and its new handle counts. */
  #take(received: Message): readonly SqsMessage[] {
    const message = messageOf(received, this.#origin);
    const held = this.#held.get(message.id);
    if (held !== undefined) {
      held.handle = message.handle;
      return [];
    }
    this.#held.set(message.id, message);
    return [message];
  }

  /** Hides what is held for the whole time anew. After a failure the messages may come again, which is noticed. */
  async #renew(): Promise<void> {
    const handles = [...this.#held.values()].map(({ handle }) => handle);
    if (handles.length > 0) await this.#main.hide(handles, this.#hide).catch(() => undefined);
  }

  #forget(messages: readonly SqsMessage[]): void {
    for (const { id } of messages) this.#held.delete(id);
  }
}

/** Divides room among at most `receivers` requests. */
function sharesOf(room: number, receivers: number): readonly number[] {
  const shares: number[] = [];
  for (let left = room; left > 0 && shares.length < receivers; left -= MOST_PER_REQUEST)
    shares.push(Math.min(left, MOST_PER_REQUEST));
  return shares;
}
