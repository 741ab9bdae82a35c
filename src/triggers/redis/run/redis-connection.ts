import { listText } from '../../source/run/cloud-event.ts';
import type { Redis } from 'ioredis';
import { messageOf as wordsOf } from '../../../errors/index.ts';
import type { DeathCause, Inbox, SourceConnection } from '../../source/run/message.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import type { RedisTrigger } from '../redis.ts';
import { entryOf, type RawEntry, type RedisEntry } from './redis-entry.ts';

/** Longest wait of one read (ms). */
const BLOCK_MS = 5000;
/** Most entries of one read. */
const READ_COUNT = 1000;

/**
 * A consumer in a group. Entries that it has read and not acknowledged stay its own over restarts, as its name stays the
 * same: it begins with these, so that the order is kept.
 */
export class RedisConnection implements SourceConnection<RedisEntry> {
  readonly #reader: Redis;
  readonly #writer: Redis;
  readonly #context: SourceContext<RedisTrigger>;
  readonly #at: string;
  readonly #group: string;
  readonly #consumer: string;
  readonly #paused = new AbortController();
  #reading: Promise<void> = Promise.resolve();

  constructor(parts: {
    /** Waits for entries. */
    readonly reader: Redis;
    /** For all else. */
    readonly writer: Redis;
    readonly context: SourceContext<RedisTrigger>;
    readonly at: string;
  }) {
    this.#reader = parts.reader;
    this.#writer = parts.writer;
    this.#context = parts.context;
    this.#at = parts.at;
    const { functionName, name } = parts.context.host;
    this.#group = parts.context.config.group ?? functionName;
    this.#consumer = `lam:${functionName}:${name}`;
  }

  /** Creates the group if it is missing. Throws `LAM_TRIGGERS_SOURCE_MISSING` for a missing stream. */
  async prepare(): Promise<void> {
    const { stream, create = false, startAt = 'oldest' } = this.#context.config;
    if (!create && (await this.#writer.exists(stream)) === 0)
      throw this.#context.error('LAM_TRIGGERS_SOURCE_MISSING', `stream '${stream}'`);
    try {
      await this.#writer.xgroup('CREATE', stream, this.#group, startAt === 'oldest' ? '0' : '$', 'MKSTREAM');
    } catch (error) {
      if (!wordsOf(error).startsWith('BUSYGROUP')) throw error;
    }
  }

  eventOf(messages: readonly RedisEntry[]): string {
    return listText(messages);
  }

  receive(inbox: Inbox<RedisEntry>): Promise<void> {
    this.#reading = this.#readAll(inbox).catch((error: unknown) => {
      if (!this.#paused.signal.aborted) this.#context.lost(error);
    });
    return Promise.resolve();
  }

  async pause(): Promise<void> {
    this.#paused.abort();
    // Ends a read that waits.
    this.#reader.disconnect();
    await this.#reading;
  }

  async acknowledge(messages: readonly RedisEntry[]): Promise<void> {
    await this.#writer.xack(this.#context.config.stream, this.#group, ...messages.map(({ entryId }) => entryId));
  }

  async deadLetter({ entryId, fields }: RedisEntry, cause: DeathCause): Promise<void> {
    const { stream, deadLetterStream = `${stream}.dead` } = this.#context.config;
    const { errorType, errorMessage, attempts } = cause;
    const why = ['lam-stream', stream, 'lam-id', entryId, 'lam-attempts', String(attempts)];
    const results = await this.#writer
      .multi()
      .xadd(deadLetterStream, '*', ...fields, ...why, 'lam-error-type', errorType, 'lam-error-message', errorMessage)
      .xack(stream, this.#group, entryId)
      .exec();
    for (const [error] of results ?? []) if (error !== null) throw error;
  }

  release(): Promise<void> {
    // They are its own when it starts again.
    return Promise.resolve();
  }

  async lag(): Promise<number | undefined> {
    const groups = (await this.#writer.xinfo('GROUPS', this.#context.config.stream)) as readonly unknown[][];
    const group = groups.map((pairs) => objectOf(pairs)).find(({ name }) => name === this.#group);
    // Unknown to the server after deletions, and to servers before Redis 7.
    const lag = group?.['lag'];
    return typeof lag === 'number' ? lag : undefined;
  }

  close(): Promise<void> {
    for (const client of [this.#reader, this.#writer]) client.disconnect();
    return Promise.resolve();
  }

  async #readAll(inbox: Inbox<RedisEntry>): Promise<void> {
    const deliveries = await this.#pendingDeliveries();
    let from = '0';
    for (;;) {
      await inbox.roomFor(this.#paused.signal);
      if (this.#paused.signal.aborted) return;
      const entries = await this.#read(from, Math.min(READ_COUNT, inbox.room));
      // All of its own are read: now what nobody has read.
      if (from !== '>') from = entries.at(-1)?.[0] ?? '>';
      const deleted = entries.filter(([, fields]) => fields === null).map(([id]) => id);
      if (deleted.length > 0) await this.#writer.xack(this.#context.config.stream, this.#group, ...deleted);
      const { stream } = this.#context.config;
      inbox.offer(
        entries.flatMap(([id, fields]) =>
          fields === null ? [] : [entryOf([id, fields], 1 + (deliveries.get(id) ?? 0), { at: this.#at, stream })],
        ),
      );
    }
  }

  async #read(from: string, count: number): Promise<readonly RawEntry[]> {
    const group = ['GROUP', this.#group, this.#consumer] as const;
    const wait = from === '>' ? ['BLOCK', String(BLOCK_MS)] : [];
    const read = ['COUNT', String(count), ...wait, 'STREAMS', this.#context.config.stream, from];
    const answer = (await this.#reader.call('XREADGROUP', ...group, ...read)) as
      | readonly (readonly [string, readonly RawEntry[]])[]
      | null;
    return answer?.[0]?.[1] ?? [];
  }

  /** Number of deliveries of each entry that it has read and not acknowledged. */
  async #pendingDeliveries(): Promise<ReadonlyMap<string, number>> {
    const { stream } = this.#context.config;
    const deliveries = new Map<string, number>();
    let from = '-';
    for (;;) {
      const page = (await this.#writer.xpending(
        stream,
        this.#group,
        from,
        '+',
        READ_COUNT,
        this.#consumer,
      )) as readonly (readonly [string, string, number, number])[];
      for (const [id, , , count] of page) deliveries.set(id, count);
      const last = page.at(-1);
      if (last === undefined || page.length < READ_COUNT) return deliveries;
      from = `(${last[0]}`;
    }
  }
}

function objectOf(pairs: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Array.from({ length: Math.floor(pairs.length / 2) }, (_, n) => [String(pairs[2 * n]), pairs[2 * n + 1]]),
  );
}
