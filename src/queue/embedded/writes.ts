import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { knownFunctionName, type AsyncAttempt, type AsyncInvocation, type RequestId } from '../../contract/index.ts';
import type { EpochMs } from '../../kit/index.ts';
import {
  KEPT_RESULT_BYTES,
  type AttemptReport,
  type DeathReport,
  type Enqueued,
  type LeaseOutcome,
  type LeaseToken,
  type QueueBounds,
  type QueuedEvent,
  type Settlement,
} from '../queue.ts';
import type { Batch } from './batch.ts';
import type { Lease, LeaseTable } from './lease-table.ts';
import { STATE } from './queue-schema.ts';
import { factsOf, historyOf, invocationOfRow } from './rows.ts';
import type { Tallies } from './tallies.ts';

/** Attempts that are kept of an invocation. */
const KEPT_ATTEMPTS = 10;

/** A final state, how it is counted, and its number in rows. */
const FINAL = {
  completed: { number: STATE.completed, state: 'COMPLETED', tally: 'completed' },
  failed: { number: STATE.failed, state: 'FAILED', tally: 'failed' },
  cancelled: { number: STATE.cancelled, state: 'CANCELLED', tally: 'cancelled' },
} as const;

/** A row that is about to finish. */
interface Finishing {
  readonly seq: number;
  readonly id: RequestId;
  readonly functionName: string;
  readonly eventBytes: number;
  readonly from: 'pending' | 'running';
  /** Whether the result of an earlier attempt may be stored. */
  readonly hasHistory: boolean;
}

/** The operations that change invocations, each within a transaction of its caller. */
export class Writes {
  readonly #tallies: Tallies;
  readonly #leases: LeaseTable;
  readonly #insert: StatementSync;
  readonly #insertEvent: StatementSync;
  readonly #again: StatementSync;
  readonly #finish: StatementSync;
  readonly #history: StatementSync;
  readonly #result: StatementSync;
  readonly #interrupt: StatementSync;
  readonly #find: StatementSync;

  constructor(db: DatabaseSync, tallies: Tallies, leases: LeaseTable) {
    this.#tallies = tallies;
    this.#leases = leases;
    this.#insert = db.prepare(`INSERT OR IGNORE INTO invocations
      (id, function, qualifier, state, due, accepted, expires, event_bytes, facts) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)`);
    this.#insertEvent = db.prepare('INSERT INTO events (seq, body) VALUES (?, ?)');
    this.#again = db.prepare(
      'UPDATE invocations SET due = ?, attempts = ?, started = coalesce(?, started) WHERE seq = ?',
    );
    this.#finish = db.prepare(`UPDATE invocations
      SET state = ?, finished = ?, dead = ?, attempts = attempts + ?, started = coalesce(?, started), result_bytes = ?
      WHERE seq = ?`);
    this.#history = db.prepare('SELECT history FROM results WHERE seq = ?');
    this.#result = db.prepare(
      'INSERT OR REPLACE INTO results (seq, history, payload, truncated, log) VALUES (?, ?, ?, ?, ?)',
    );
    this.#interrupt = db.prepare('UPDATE invocations SET interrupted = interrupted + 1, started = ? WHERE seq = ?');
    this.#find = db.prepare('SELECT * FROM invocations WHERE id = ?');
  }

  /** Queues an event of a caller, if the bounds allow it. */
  accept(event: QueuedEvent, bounds: QueueBounds | undefined, batch: Batch): Enqueued {
    const over = bounds && this.#over(event.functionName, bounds);
    if (over === undefined) return this.#enqueue(event, batch);
    return this.#find.get(event.id) === undefined ? over : 'known';
  }

  #over(functionName: string, { waiting, dead, deadBytes }: QueueBounds): 'full' | 'dead-full' | undefined {
    const now = this.#tallies.of(functionName);
    if (now.pending + now.running >= waiting) return 'full';
    return now.dead >= dead || now.deadBytes >= deadBytes ? 'dead-full' : undefined;
  }

  #enqueue(event: QueuedEvent, batch: Batch): Enqueued {
    const { now } = batch;
    const due = Math.max(now, Math.ceil(event.notBefore ?? now));
    const { changes, lastInsertRowid } = this.#insert.run(
      event.id,
      event.functionName,
      event.qualifier ?? null,
      due,
      now,
      Math.ceil(event.expiresAt),
      event.event.byteLength,
      factsOf(event),
    );
    if (changes === 0) return 'known';
    this.#insertEvent.run(lastInsertRowid, event.event);
    this.#tallies.add(event.functionName, 'pending', 1);
    batch.ready.add(event.functionName);
    return 'accepted';
  }

  settle(token: LeaseToken, settlement: Settlement, batch: Batch): LeaseOutcome {
    const lease = this.#leases.end(token, settlement.kind === 'again' ? 'stays' : 'finished');
    if (lease === undefined) return 'lost';
    const { attempt } = settlement;
    if (settlement.kind !== 'again') {
      this.#end(this.#finishing(lease), { as: settlement.kind, attempt }, batch);
      for (const event of settlement.followUps ?? []) this.#enqueue(event, batch);
      return 'held';
    }
    if (attempt !== undefined) this.#keepResult(lease, attempt);
    const attempts = lease.attempts + (attempt === undefined ? 0 : 1);
    this.#again.run(Math.ceil(settlement.notBefore), attempts, attempt?.at ?? null, lease.seq);
    this.#tallies.add(lease.functionName, 'running', -1);
    this.#tallies.add(lease.functionName, 'pending', 1);
    batch.ready.add(knownFunctionName(lease.functionName));
    return 'held';
  }

  deadLetter(token: LeaseToken, { reason, attempt, followUps = [] }: DeathReport, batch: Batch): LeaseOutcome {
    const lease = this.#leases.end(token, 'stays');
    if (lease === undefined) return 'lost';
    this.#end(this.#finishing(lease), { as: 'failed', attempt, dead: reason }, batch);
    for (const event of followUps) this.#enqueue(event, batch);
    return 'held';
  }

  cancel(id: RequestId, batch: Batch): AsyncInvocation | undefined {
    const row = this.#find.get(id);
    if (row === undefined) return undefined;
    const seq = Number(row['seq']);
    const lease = this.#leases.of(seq);
    const before = invocationOfRow(row, lease);
    if (before.state !== 'PENDING' && before.state !== 'RUNNING') return before;
    if (lease !== undefined) this.#leases.end(lease.token, 'finished');
    const { functionName, eventBytes } = before;
    const from = lease === undefined ? 'pending' : 'running';
    const startedAt = lease?.group.at;
    this.#end({ seq, id, functionName, eventBytes, from, hasHistory: false }, { as: 'cancelled', startedAt }, batch);
    return before;
  }

  /** Makes events available again whose lease has ended. */
  endLeases(batch: Batch): void {
    for (const lease of this.#leases.ended(batch.now)) {
      this.#leases.end(lease.token, 'stays');
      this.#interrupt.run(lease.group.at, lease.seq);
      this.#tallies.add(lease.functionName, 'running', -1);
      this.#tallies.add(lease.functionName, 'pending', 1);
      batch.ready.add(knownFunctionName(lease.functionName));
    }
  }

  #finishing({ seq, id, functionName, eventBytes, hasHistory }: Lease): Finishing {
    return { seq, id, functionName, eventBytes, from: 'running', hasHistory };
  }

  #end(
    row: Finishing,
    end: {
      readonly as: keyof typeof FINAL;
      readonly attempt?: AttemptReport | undefined;
      /** When an attempt began that is not reported. */
      readonly startedAt?: EpochMs | undefined;
      readonly dead?: string | undefined;
    },
    batch: Batch,
  ): void {
    const { seq, id, functionName, eventBytes, from } = row;
    const { number, state, tally } = FINAL[end.as];
    const { attempt, dead } = end;
    const startedAt = attempt?.at ?? end.startedAt ?? null;
    const kept = attempt === undefined ? 0 : this.#keepResult(row, attempt);
    this.#finish.run(number, batch.now, dead ?? null, attempt === undefined ? 0 : 1, startedAt, kept, seq);
    this.#tallies.add(functionName, from, -1);
    this.#tallies.add(functionName, dead === undefined ? tally : 'dead', 1);
    this.#tallies.add(functionName, dead === undefined ? 'finishedBytes' : 'deadBytes', eventBytes + kept);
    batch.finished.push({ id, state });
  }

  /** Stores the result of an attempt in place of the one before; returns its size. */
  #keepResult(
    { seq, hasHistory }: Pick<Lease, 'seq' | 'hasHistory'>,
    { payload, log, ...attempt }: AttemptReport,
  ): number {
    const before = hasHistory ? historyOf(this.#history.get(seq)?.['history']) : [];
    const history: AsyncAttempt[] = [...before, attempt];
    const kept = payload?.subarray(0, KEPT_RESULT_BYTES);
    const isTruncated = kept !== undefined && kept.byteLength < (payload?.byteLength ?? 0);
    this.#result.run(
      seq,
      JSON.stringify(history.slice(-KEPT_ATTEMPTS)),
      kept ?? null,
      isTruncated ? 1 : 0,
      log ?? null,
    );
    return (kept?.byteLength ?? 0) + (log?.length ?? 0);
  }
}
