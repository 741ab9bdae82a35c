import { ProduceAcks, type Consumer, type Message, type MessagesStream, type Producer } from '@platformatic/kafka';
import { sendFitting, shortened } from '../../source/run/dead-letter.ts';
import type { DeathCause, Inbox, SourceConnection } from '../../source/run/message.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { KafkaTrigger } from '../kafka.ts';
import { eventOf, messageOf, type KafkaMessage } from './kafka-record.ts';
import { Offsets, type GroupOffset } from './offsets.ts';

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/** What a connection works with. */
export interface KafkaParts {
  readonly consumer: Consumer;
  readonly stream: Stream;
  /** For dead letters. */
  readonly producer: Producer;
  readonly context: SourceContext<KafkaTrigger>;
  /** Creates a topic unless it exists. */
  readonly ensureTopic: (topic: string) => Promise<void>;
}

/** A member of a consumer group. Offsets are committed once all records before them are settled. */
export class KafkaConnection implements SourceConnection<KafkaMessage> {
  readonly #parts: KafkaParts;
  readonly #offsets = new Offsets();
  readonly #paused = new AbortController();
  /** Commits under way and to follow. */
  #committing: Promise<void> = Promise.resolve();
  #reading: Promise<void> = Promise.resolve();
  /** Called when there may be something to read. */
  #wake: () => void = () => undefined;

  constructor(parts: KafkaParts) {
    this.#parts = parts;
    const { consumer, stream, context } = parts;
    stream.on('error', (error) => context.lost(error));
    stream.on('close', () => context.lost('it was closed'));
    // For good: without such a listener the stream fetches nothing more.
    stream.on('readable', () => this.#wake());
    stream.on('close', () => this.#wake());
    this.#paused.signal.addEventListener('abort', () => this.#wake());
    consumer.on('consumer:group:join', () => this.#keepAssigned());
    this.#keepAssigned();
  }

  eventOf(messages: readonly KafkaMessage[]): string {
    const { context } = this.#parts;
    return JSON.stringify(eventOf(messages, context.config.brokers.map((broker) => context.value(broker)).join(',')));
  }

  receive(inbox: Inbox<KafkaMessage>): Promise<void> {
    this.#reading = this.#readAll(inbox);
    return Promise.resolve();
  }

  async pause(): Promise<void> {
    this.#paused.abort();
    await this.#reading;
  }

  async acknowledge(messages: readonly KafkaMessage[]): Promise<void> {
    const positions = this.#offsets.settle(messages);
    if (positions.length > 0) await this.#commit(positions);
  }

  async deadLetter(message: KafkaMessage, cause: DeathCause): Promise<void> {
    const { producer, context, ensureTopic } = this.#parts;
    const { topic, partition, offset, key, value, headerEntries } = message.record;
    const target = context.config.deadLetterTopic ?? `${topic}.dead`;
    const { attempts, errorType, errorMessage } = shortened(cause);
    const why = {
      'lam-topic': topic,
      'lam-partition': String(partition),
      'lam-offset': String(offset),
      'lam-attempts': String(attempts),
      'lam-error-type': errorType,
      'lam-error-message': errorMessage,
    };
    const added = Object.entries(why).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const);
    await ensureTopic(target);
    await sendFitting((withCause) =>
      producer.send({
        acks: ProduceAcks.ALL,
        messages: [
          {
            topic: target,
            ...(key === undefined ? {} : { key }),
            ...(value === undefined ? {} : { value }),
            headers: new Map([...headerEntries, ...(withCause ? added : [])]),
          },
        ],
      }),
    );
    // Only now: the offset must not move before the dead letter is there.
    await this.acknowledge([message]);
  }

  release(): Promise<void> {
    // Their offsets are not committed, so the next member reads them.
    return Promise.resolve();
  }

  async lag(): Promise<Readonly<Record<string, number>>> {
    const { consumer, stream } = this.#parts;
    const assigned = consumer.assignments ?? [];
    if (assigned.length === 0) return {};
    const ends = await consumer.listOffsets({
      topics: assigned.map(({ topic }) => topic),
      partitions: Object.fromEntries(assigned.map(({ topic, partitions }) => [topic, partitions])),
    });
    const lags: Record<string, number> = {};
    for (const { topic, partitions } of assigned)
      for (const partition of partitions) {
        const end = ends.get(topic)?.[partition] ?? 0n;
        const key = `${topic}-${partition}`;
        const next = this.#offsets.nextOf(key) ?? stream.offsetsCommitted.get(`${topic}:${partition}`) ?? end;
        lags[key] = Math.max(0, Number(end - next));
      }
    return lags;
  }

  async close(): Promise<void> {
    const { consumer, stream, producer } = this.#parts;
    this.#paused.abort();
    const steps = [
      () => this.#committing,
      () => stream.close(),
      () => consumer.close(true),
      () => producer.close(true),
    ];
    for (const step of steps) await step().catch(() => undefined);
  }

  /** Forgets partitions that other members have now. */
  #keepAssigned(): void {
    const assigned = this.#parts.consumer.assignments ?? [];
    this.#offsets.keep(
      new Set(assigned.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`))),
    );
  }

  /** Commits positions, after those that were given before. */
  #commit(offsets: readonly GroupOffset[]): Promise<void> {
    const committed = this.#committing.then(() => this.#parts.consumer.commit({ offsets: [...offsets] }));
    this.#committing = committed.catch(() => undefined);
    return committed;
  }

  /** Resolves when there may be something to read, the stream has ended, or reading is to end. */
  #readable(): Promise<void> {
    const { stream } = this.#parts;
    if (stream.readableLength > 0 || stream.destroyed || this.#paused.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  async #readAll(inbox: Inbox<KafkaMessage>): Promise<void> {
    const { stream } = this.#parts;
    const { signal } = this.#paused;
    for (;;) {
      await inbox.roomFor(signal);
      if (signal.aborted || stream.destroyed) return;
      const messages: KafkaMessage[] = [];
      while (messages.length < inbox.room) {
        const record = stream.read() as Message | null;
        if (record === null) break;
        // The client's types say that there is always a key and a value.
        const { key, value } = record as { readonly key: Buffer | null; readonly value: Buffer | null };
        const { topic, partition, offset, timestamp, headerEntries } = record;
        const message = messageOf({
          ...{ topic, partition, offset, timestamp, headerEntries },
          key: key ?? undefined,
          value: value ?? undefined,
        });
        if (this.#offsets.take(message)) messages.push(message);
      }
      if (messages.length > 0) inbox.offer(messages);
      else await this.#readable();
    }
  }
}
