import type { Client, QueryResult, QueryResultRow } from 'pg';
import type { DeathCause } from '../../source/run/message.ts';
import type { TableName } from '../table-name.ts';
import { definitionOf } from './definition.ts';

/** A row as it is taken. */
export interface OutboxRow {
  /** A bigint in digits. */
  readonly id: string;
  readonly topic: string;
  readonly key: string | null;
  readonly type: string;
  /** JSON. */
  readonly data: string;
  readonly created_at: Date;
  /** Times it was taken, with this one. */
  readonly attempts: number;
}

/** Time for which a row is leased (seconds); leases are extended while their session lives. */
export const LEASE_S = 60;
/** Most rows that {@link Outbox.waiting} counts. */
const MOST_COUNTED = 100_000;

/** Key of the advisory locks that keep consumers of a table from taking at the same time. */
const LOCK = 7_301_001;

/** Rows that may run and are leased by no living session: those of a session that has ended are free at once. */
const FREE = `dead_at IS NULL AND (leased_by IS NULL OR leased_until < now()
    OR NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = leased_by))`;

/**
 * Statements on an outbox table, over one session, whose process id marks its leases. A row is leased, not locked, so that
 * no transaction is open while its handler runs.
 */
export class Outbox {
  readonly #client: Client;
  readonly #table: TableName;
  readonly #topic: string | undefined;
  /** The last operation: each begins after the one before, so that none gets into another's transaction. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: Client, table: TableName, topic: string | undefined) {
    this.#client = client;
    this.#table = table;
    this.#topic = topic;
  }

  /** Checks that the table has columns. Returns what there is not, in words, or undefined. `create`: whether to make a missing table. */
  async absence(columns: readonly string[], create: boolean): Promise<string | undefined> {
    const { channel } = this.#table;
    let missing = await this.#inTurn(() => this.#missingOf(columns));
    if (missing === undefined && create) {
      await this.#create();
      missing = await this.#inTurn(() => this.#missingOf(columns));
    }
    if (missing === undefined) return `table '${channel}'`;
    if (missing.length === 0) return undefined;
    return `columns ${missing.map((column) => `'${column}'`).join(', ')} in table '${channel}'`;
  }

  /** Columns that the table lacks; undefined if there is no table. */
  async #missingOf(columns: readonly string[]): Promise<readonly string[] | undefined> {
    const { rows } = await this.#client.query<{ name: string | null }>(
      `SELECT a.attname AS name FROM (SELECT to_regclass($1) AS oid) t
       LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE t.oid IS NOT NULL`,
      [this.#table.quoted],
    );
    if (rows.length === 0) return undefined;
    const names = new Set(rows.map(({ name }) => name));
    return columns.filter((column) => !names.has(column));
  }

  /** Makes the table, unless another session has just made it. */
  async #create(): Promise<void> {
    await this.#alone(async () => {
      if ((await this.#missingOf([])) === undefined) await this.#client.query(definitionOf(this.#table));
    });
  }

  /** Ends the leases of an earlier session that had the process id of this one. To be called before the first {@link take}. */
  async reclaim(): Promise<void> {
    await this.#query(
      `UPDATE ${this.#table.quoted} SET leased_by = NULL, leased_until = NULL WHERE leased_by = pg_backend_pid()`,
    );
  }

  /** Subscribes to the notifications of the table. */
  async listen(): Promise<void> {
    await this.#query(`LISTEN "${this.#table.channel}"`);
  }

  /**
   * Leases up to `count` free rows, oldest first. A row waits while another session has an earlier one of its key, and
   * consumers take in turn, so that none overtakes another.
   */
  async take(count: number): Promise<readonly OutboxRow[]> {
    const { quoted } = this.#table;
    const rows = await this.#alone(async () => {
      const taken = await this.#client.query<OutboxRow>(
        `WITH next AS MATERIALIZED (
           SELECT o.id FROM ${quoted} o WHERE ${FREE} AND ($2::text IS NULL OR topic = $2)
             AND (key IS NULL OR NOT EXISTS (
               SELECT FROM ${quoted} earlier WHERE earlier.key = o.key AND earlier.id < o.id AND earlier.dead_at IS NULL
                 AND earlier.leased_by <> pg_backend_pid() AND earlier.leased_until >= now()
                 AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = earlier.leased_by)
                 AND ($2::text IS NULL OR earlier.topic = $2)))
           ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
         UPDATE ${quoted} o SET attempts = attempts + 1, leased_by = pg_backend_pid(),
           leased_until = now() + make_interval(secs => $3)
         FROM next WHERE o.id = next.id
         RETURNING o.id, o.topic, o.key, o.type, o.data::text AS data, o.created_at, o.attempts`,
        [count, this.#topic ?? null, LEASE_S],
      );
      return taken.rows;
    });
    // An update returns rows in any order.
    return rows.toSorted((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
  }

  /** Adds a row, unless the table has one of the same record. `data`: JSON. */
  async add({ recordId, type, data }: { recordId: string; type: string; data: string }): Promise<void> {
    await this.#query(
      `INSERT INTO ${this.#table.quoted} (topic, type, data, record_id) VALUES ($1, $2, $3::jsonb, $4)
       ON CONFLICT (record_id) DO NOTHING`,
      [this.#topic ?? '', type, data, recordId],
    );
  }

  /** Extends all leases of this session. */
  async extend(): Promise<void> {
    await this.#query(
      `UPDATE ${this.#table.quoted} SET leased_until = now() + make_interval(secs => $1)
       WHERE leased_by = pg_backend_pid() AND dead_at IS NULL`,
      [LEASE_S],
    );
  }

  /** Removes rows that have been handled. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.#query(`DELETE FROM ${this.#table.quoted} WHERE id = ANY($1::bigint[])`, [ids]);
  }

  /** Ends the leases of rows that have not been handled; this delivery does not count as an attempt. */
  async release(ids: readonly string[]): Promise<void> {
    await this.#query(
      `UPDATE ${this.#table.quoted} SET leased_by = NULL, leased_until = NULL, attempts = greatest(attempts - 1, 0)
       WHERE id = ANY($1::bigint[]) AND leased_by = pg_backend_pid()`,
      [ids],
    );
  }

  /** Marks a row as dead, with the cause; nobody takes it until `dead_at` is null again. */
  async bury(id: string, { attempts, errorType, errorMessage }: DeathCause): Promise<void> {
    await this.#query(
      `UPDATE ${this.#table.quoted} SET dead_at = now(), attempts = $2, error_type = $3, error_message = $4,
         leased_by = NULL, leased_until = NULL WHERE id = $1`,
      [id, attempts, withoutNul(errorType), withoutNul(errorMessage)],
    );
  }

  /** Rows that wait, up to 100,000. */
  async waiting(): Promise<number> {
    const { rows } = await this.#query<{ count: string }>(
      `SELECT count(*) FROM (SELECT FROM ${this.#table.quoted} WHERE ${FREE} AND ($1::text IS NULL OR topic = $1)
         LIMIT ${MOST_COUNTED}) waiting`,
      [this.#topic ?? null],
    );
    return Number(rows[0]?.count ?? 0);
  }

  #query<R extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<QueryResult<R>> {
    return this.#inTurn(() => this.#client.query<R>(sql, [...values]));
  }

  /** Runs statements in a transaction, of which there is one at a time for the table. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#client.query('BEGIN');
      try {
        await this.#client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK, this.#table.channel]);
        const result = await work();
        await this.#client.query('COMMIT');
        return result;
      } catch (error) {
        await this.#client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** PostgreSQL's texts have no NUL. */
function withoutNul(text: string): string {
  return text.replaceAll('\u0000', '');
}
