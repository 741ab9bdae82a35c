import { listText } from '../../source/run/cloud-event.ts';
import type { Client } from 'pg';
import type { DeathCause, Inbox, SourceConnection } from '../../source/run/message.ts';
import type { SourceContext } from '../../source/run/source-starter.ts';
import { POSTGRES_DEFAULTS, type PostgresTrigger } from '../postgres.ts';
import { soon } from './client.ts';
import { LEASE_S, type Outbox } from './outbox.ts';
import { rowOf, type PostgresRow } from './postgres-row.ts';

/** Most rows of one statement. */
const TAKE_COUNT = 1000;
/** Leases are extended after this share of their time. */
const EXTEND_SHARE = 1 / 3;

/** A consumer of an outbox table: notifications wake it, and it looks by itself for rows that none announced. */
export class PostgresConnection implements SourceConnection<PostgresRow> {
  readonly #client: Client;
  readonly #outbox: Outbox;
  readonly #context: SourceContext<PostgresTrigger>;
  /** URI of the table in events. */
  readonly #source: string;
  readonly #paused = new AbortController();
  #reading: Promise<void> = Promise.resolve();
  #cancelExtending: (() => void) | undefined;
  /** Whether rows may have come since the last look. */
  #isAwake = false;
  #wake: (() => void) | undefined;

  constructor(parts: {
    readonly client: Client;
    readonly outbox: Outbox;
    readonly context: SourceContext<PostgresTrigger>;
    readonly source: string;
  }) {
    this.#client = parts.client;
    this.#outbox = parts.outbox;
    this.#context = parts.context;
    this.#source = parts.source;
  }

  eventOf(messages: readonly PostgresRow[]): string {
    return listText(messages);
  }

  async receive(inbox: Inbox<PostgresRow>): Promise<void> {
    this.#client.on('notification', () => this.#awake());
    this.#paused.signal.addEventListener('abort', () => this.#awake());
    await this.#outbox.reclaim();
    await this.#outbox.listen();
    const lost = (error: unknown): void => this.#context.lost(error);
    this.#cancelExtending = this.#context.host.clock.every(
      LEASE_S * 1000 * EXTEND_SHARE,
      () => void this.#outbox.extend().catch(lost),
    );
    this.#reading = this.#readAll(inbox).catch(lost);
  }

  async pause(): Promise<void> {
    this.#paused.abort();
    await this.#reading;
  }

  async acknowledge(messages: readonly PostgresRow[]): Promise<void> {
    await this.#outbox.remove(messages.map(({ id }) => id));
  }

  async deadLetter({ id }: PostgresRow, cause: DeathCause): Promise<void> {
    await this.#outbox.bury(id, cause);
  }

  async release(messages: readonly PostgresRow[]): Promise<void> {
    if (messages.length > 0) await soon(this.#outbox.release(messages.map(({ id }) => id)), this.#context.host.clock);
  }

  lag(): Promise<number> {
    return this.#outbox.waiting();
  }

  async close(): Promise<void> {
    this.#cancelExtending?.();
    // The session's end ends its leases.
    await soon(this.#client.end(), this.#context.host.clock);
  }

  async #readAll(inbox: Inbox<PostgresRow>): Promise<void> {
    const { signal } = this.#paused;
    for (;;) {
      await inbox.roomFor(signal);
      if (signal.aborted) return;
      const count = Math.min(TAKE_COUNT, inbox.room);
      this.#isAwake = false;
      const rows = await this.#outbox.take(count);
      inbox.offer(rows.map((row) => rowOf(row, this.#source)));
      if (rows.length < count) await this.#awaken();
    }
  }

  /** Resolves when rows may have come. */
  async #awaken(): Promise<void> {
    if (this.#isAwake || this.#paused.signal.aborted) return;
    const { pollInterval = POSTGRES_DEFAULTS.pollInterval } = this.#context.config;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const cancel = this.#context.host.clock.after(pollInterval * 1000, resolve);
    await promise.finally(cancel);
  }

  #awake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }
}
