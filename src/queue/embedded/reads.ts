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
import type { EpochMs } from '../../kit/index.ts';
import type { QueuedEvent } from '../queue.ts';
import type { Batch } from './batch.ts';
import type { Lease, LeaseTable } from './lease-table.ts';
import type { LeasedRow, LeasedRows } from './messages.ts';
import { detailOfRow, eventOfRow, invocationOfRow, type Row } from './rows.ts';
import type { Tallies } from './tallies.ts';

/** Limit of the events that one answer holds together (bytes); one of them may exceed it. */
const LEASED_BYTES = 8 * 1024 * 1024;

/**
 * The events of a function that have not finished, by the time at which they are due, leased ones included. It repeats the
 * condition of the index `waiting`, without which SQLite does not use it and reads every row of the function.
 */
export const WAITING_SQL =
  'SELECT seq, due FROM invocations WHERE state < 2 AND state = 0 AND function = ? ORDER BY due, seq LIMIT ?';

/** The columns that {@link LeasedRow} needs, in the order of {@link LeasedColumns}. */
const LEASED_SQL = `SELECT i.seq, i.id, i.qualifier, i.due, i.accepted, i.expires, i.attempts, i.interrupted,
  i.started IS NOT NULL, i.event_bytes, i.facts, e.body
  FROM json_each(?) s JOIN invocations i ON i.seq = s.value JOIN events e ON e.seq = i.seq ORDER BY s.key`;
type LeasedColumns = readonly [
  seq: number,
  id: RequestId,
  qualifier: string | null,
  due: EpochMs,
  accepted: EpochMs,
  expires: EpochMs,
  attempts: number,
  interrupted: number,
  hasStarted: number,
  eventBytes: number,
  facts: string,
  body: Uint8Array,
];

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
  readonly #waiting: StatementSync;
  readonly #leased: StatementSync;
  readonly #detail: StatementSync;
  readonly #event: StatementSync;
  readonly #named: StatementSync;

  constructor(db: DatabaseSync, tallies: Tallies, leases: LeaseTable) {
    this.#db = db;
    this.#tallies = tallies;
    this.#leases = leases;
    this.#waiting = db.prepare(WAITING_SQL);
    this.#waiting.setReturnArrays(true);
    this.#leased = db.prepare(LEASED_SQL);
    this.#leased.setReturnArrays(true);
    this.#detail = db.prepare(
      'SELECT i.*, r.history, r.payload, r.truncated, r.log FROM invocations i LEFT JOIN results r USING (seq) WHERE i.id = ?',
    );
    // The condition of the index `named`.
    this.#named = db.prepare(
      'SELECT DISTINCT function, qualifier FROM invocations WHERE qualifier IS NOT NULL AND (state < 2 OR dead IS NOT NULL)',
    );
    this.#event = db.prepare('SELECT i.*, e.body FROM invocations i JOIN events e USING (seq) WHERE i.id = ?');
  }

  lease({ functionName, max, leaseMs }: LeaseCall, { now }: Batch): LeasedRows {
    const { seqs, next } = this.#due(functionName, max, now);
    const rows: LeasedRow[] = [];
    const group = this.#leases.newGroup(now);
    let bytes = 0;
    let isFull = false;
    for (const columns of this.#leased.iterate(JSON.stringify(seqs)) as unknown as Iterable<LeasedColumns>) {
      const [seq, id, qualifier, due, accepted, expires, attempts, interrupted, hasStarted, eventBytes, facts, body] =
        columns;
      bytes += eventBytes;
      isFull = bytes > LEASED_BYTES && rows.length > 0;
      if (isFull) break;
      const hasHistory = hasStarted === 1;
      const parts = { seq, id, functionName, attempts, hasHistory, eventBytes, group, endsAt: now + leaseMs };
      const { token } = this.#leases.grant(parts);
      rows.push({ token, id, qualifier, due, accepted, expires, attempts, interrupted, facts, body });
    }
    if (rows.length > 0) {
      this.#tallies.add(functionName, 'pending', -rows.length);
      this.#tallies.add(functionName, 'running', rows.length);
    }
    if (isFull) return { functionName, rows, nextAt: now };
    const firstEnd = this.#leases.firstEnd(functionName);
    const nextAt = Math.min(next ?? Infinity, firstEnd ?? Infinity);
    return { functionName, rows, nextAt: Number.isFinite(nextAt) ? nextAt : undefined };
  }

  /** Up to `max` rows that are due and not leased, and when the one behind them is due. */
  #due(functionName: FunctionName, max: number, now: EpochMs): { readonly seqs: number[]; readonly next?: EpochMs } {
    const seqs: number[] = [];
    const rows = this.#waiting.all(functionName, this.#leases.countOf(functionName) + max + 1);
    for (const [seq, due] of rows as unknown as (readonly [number, EpochMs])[]) {
      if (this.#leases.of(seq) !== undefined) continue;
      if (due > now || seqs.length === max) return { seqs, next: due };
      seqs.push(seq);
    }
    return { seqs };
  }

  versionsNamed(): readonly NamedVersion[] {
    return this.#named.all().flatMap((row) => {
      const version = parseVersionNumber(String(row['qualifier']));
      return version === undefined ? [] : [{ name: knownFunctionName(String(row['function'])), version }];
    });
  }

  get(id: RequestId): AsyncDetail | undefined {
    const row = this.#detail.get(id);
    return row && detailOfRow(row, this.#leaseOf(row));
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
    if (state === 'RUNNING') where('seq IN (SELECT value FROM json_each(?))', JSON.stringify(this.#leases.seqs()));
    else if (state !== undefined) where('state = ?', ASYNC_STATES.indexOf(state));
    if (state === 'PENDING') {
      // Else every row would be read to find none.
      const pending =
        functionName === undefined ? this.#tallies.total('pending') : this.#tallies.of(functionName).pending;
      if (pending === 0) return { invocations: [] };
      where('seq NOT IN (SELECT value FROM json_each(?))', JSON.stringify(this.#leases.seqs()));
    }
    if (dead === true) conditions.push('dead IS NOT NULL');
    if (after !== undefined) where('seq < ?', Number(after));
    const rows = this.#db
      .prepare(`SELECT * FROM invocations WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`)
      .all(...values, limit + 1);
    const invocations = rows.slice(0, limit).map((row) => invocationOfRow(row, this.#leaseOf(row)));
    const next = rows.length > limit ? String(rows[limit - 1]?.['seq']) : undefined;
    return { invocations, ...(next === undefined ? {} : { next }) };
  }

  #leaseOf(row: Row): Lease | undefined {
    return this.#leases.of(Number(row['seq']));
  }
}
