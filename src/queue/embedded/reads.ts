import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  ASYNC_STATES,
  knownFunctionName,
  parseVersionNumber,
  type AsyncDetail,
  type AsyncPage,
  type AsyncQuery,
  type FunctionName,
  type NamedVersion,
  type RequestId,
} from '../../contract/index.ts';
import type { LeasedEvent, Leases, QueuedEvent } from '../queue.ts';
import type { Batch } from './batch.ts';
import type { LeaseTable } from './lease-table.ts';
import { detailOfRow, eventOfRow, invocationOfRow } from './rows.ts';
import type { Tallies } from './tallies.ts';

/** Limit of the events that one answer holds together (bytes); one of them may exceed it. */
const LEASED_BYTES = 8 * 1024 * 1024;

/**
 * The queries of a lease. They repeat the condition of the index `waiting`, without which SQLite does not use it and reads
 * every row of the function.
 */
export const DUE_SQL =
  'SELECT * FROM invocations WHERE state < 2 AND state = 0 AND function = ? AND due <= ? ORDER BY due, seq LIMIT ?';
export const NEXT_SQL =
  'SELECT due FROM invocations WHERE state < 2 AND state = 0 AND function = ? ORDER BY due, seq LIMIT 1';

/** What is asked of {@link Reads.lease}. */
interface LeaseCall {
  readonly functionName: FunctionName;
  readonly max: number;
  readonly leaseMs: number;
}

/** The operations that read invocations. A lease changes their rows too. */
export class Reads {
  readonly #db: DatabaseSync;
  readonly #tallies: Tallies;
  readonly #leases: LeaseTable;
  readonly #due: StatementSync;
  readonly #body: StatementSync;
  readonly #run: StatementSync;
  readonly #next: StatementSync;
  readonly #detail: StatementSync;
  readonly #event: StatementSync;
  readonly #named: StatementSync;

  constructor(db: DatabaseSync, tallies: Tallies, leases: LeaseTable) {
    this.#db = db;
    this.#tallies = tallies;
    this.#leases = leases;
    this.#due = db.prepare(DUE_SQL);
    this.#body = db.prepare('SELECT body FROM events WHERE seq = ?');
    this.#run = db.prepare('UPDATE invocations SET state = 1, started = ? WHERE seq = ?');
    this.#next = db.prepare(NEXT_SQL);
    this.#detail = db.prepare(
      'SELECT i.*, r.history, r.payload, r.truncated, r.log FROM invocations i LEFT JOIN results r USING (seq) WHERE i.id = ?',
    );
    // The condition of the index `named`.
    this.#named = db.prepare(
      'SELECT DISTINCT function, qualifier FROM invocations WHERE qualifier IS NOT NULL AND (state < 2 OR dead IS NOT NULL)',
    );
    this.#event = db.prepare('SELECT i.*, e.body FROM invocations i JOIN events e USING (seq) WHERE i.id = ?');
  }

  lease({ functionName, max, leaseMs }: LeaseCall, { now }: Batch): Leases {
    const events: LeasedEvent[] = [];
    let bytes = 0;
    for (const row of this.#due.all(functionName, now, max)) {
      const eventBytes = Number(row['event_bytes']);
      bytes += eventBytes;
      if (bytes > LEASED_BYTES && events.length > 0) break;
      const seq = Number(row['seq']);
      const event = eventOfRow({ ...row, ...this.#body.get(seq) });
      const attempts = Number(row['attempts']);
      const endsAt = now + leaseMs;
      const { token } = this.#leases.grant({ seq, id: event.id, functionName, attempts, eventBytes, endsAt });
      const interrupted = Number(row['interrupted']);
      events.push({ ...event, token, acceptedAt: Number(row['accepted']), attempts, interrupted });
      this.#run.run(now, seq);
    }
    if (events.length > 0) {
      this.#tallies.add(functionName, 'pending', -events.length);
      this.#tallies.add(functionName, 'running', events.length);
    }
    const due = this.#next.get(functionName)?.['due'];
    const ends = [due === undefined ? undefined : Number(due), this.#leases.firstEnd(functionName)];
    const next = Math.min(...ends.filter((at) => at !== undefined));
    return { events, nextAt: Number.isFinite(next) ? next : undefined };
  }

  versionsNamed(): readonly NamedVersion[] {
    return this.#named.all().flatMap((row) => {
      const version = parseVersionNumber(String(row['qualifier']));
      return version === undefined ? [] : [{ name: knownFunctionName(String(row['function'])), version }];
    });
  }

  get(id: RequestId): AsyncDetail | undefined {
    const row = this.#detail.get(id);
    return row && detailOfRow(row);
  }

  eventOf(id: RequestId): QueuedEvent | undefined {
    const row = this.#event.get(id);
    return row && eventOfRow(row);
  }

  list({ functionName, state, dead, limit, after }: AsyncQuery): AsyncPage {
    const conditions: string[] = ['TRUE'];
    const values: SQLInputValue[] = [];
    const where = (condition: string, value: SQLInputValue): void => {
      conditions.push(condition);
      values.push(value);
    };
    if (functionName !== undefined) where('function = ?', functionName);
    if (state !== undefined) where('state = ?', ASYNC_STATES.indexOf(state));
    if (dead === true) conditions.push('dead IS NOT NULL');
    if (after !== undefined) where('seq < ?', Number(after));
    const rows = this.#db
      .prepare(`SELECT * FROM invocations WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`)
      .all(...values, limit + 1);
    const invocations = rows.slice(0, limit).map((row) => invocationOfRow(row));
    const next = rows.length > limit ? String(rows[limit - 1]?.['seq']) : undefined;
    return { invocations, ...(next === undefined ? {} : { next }) };
  }
}
