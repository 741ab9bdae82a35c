import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EpochMs } from '../../kit/index.ts';
import { REMEMBERED_MS } from '../queue.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Retention } from './messages.ts';
import type { Row } from './rows.ts';
import { STATE } from './queue-schema.ts';
import type { Tallies, TallyName } from './tallies.ts';

/** Rows that one sweep deletes at most, so that enqueued events do not wait for it. */
const SWEEP_ROWS = 200;
/** How often ages are checked (ms). */
const AGE_CHECK_MS = 60_000;

const TALLY_OF: Readonly<Record<number, TallyName>> = {
  [STATE.completed]: 'completed',
  [STATE.failed]: 'failed',
  [STATE.cancelled]: 'cancelled',
};

/** Deletes the oldest finished invocations beyond the limits, some with each transaction. */
export class Sweep {
  readonly #retention: Retention;
  readonly #tallies: Tallies;
  readonly #dead: DeadLetters;
  readonly #oldest: StatementSync;
  readonly #oldDead: StatementSync;
  #checkAgesAt = 0;

  constructor(db: DatabaseSync, parts: { retention: Retention; tallies: Tallies; dead: DeadLetters }) {
    this.#retention = parts.retention;
    this.#tallies = parts.tallies;
    this.#dead = parts.dead;
    const columns = 'seq, function, state, event_bytes, result_bytes';
    this.#oldest = db.prepare(
      `SELECT ${columns} FROM invocations WHERE state >= 2 AND dead IS NULL AND finished < ? ORDER BY finished LIMIT ?`,
    );
    this.#oldDead = db.prepare(`SELECT ${columns} FROM invocations WHERE dead IS NOT NULL AND finished < ? LIMIT ?`);
  }

  /** Deletes what is beyond the limits at `now`, or part of it. Returns how many were deleted. */
  run(now: EpochMs): number {
    const { count, bytes, ageMs, deadAgeMs } = this.#retention;
    const isOver = (): boolean =>
      this.#tallies.total('completed', 'failed', 'cancelled') > count || this.#tallies.total('finishedBytes') > bytes;
    const deleted = isOver() ? this.#delete(this.#oldest.all(now - REMEMBERED_MS, SWEEP_ROWS), isOver) : 0;
    if (now < this.#checkAgesAt) return deleted;
    const old = this.#delete(this.#oldest.all(now - Math.max(ageMs, REMEMBERED_MS), SWEEP_ROWS), () => true);
    const dead = this.#oldDead.all(now - deadAgeMs, SWEEP_ROWS);
    for (const row of dead) this.#dead.remove(row);
    // Until nothing is left, with each transaction.
    if (old < SWEEP_ROWS && dead.length < SWEEP_ROWS) this.#checkAgesAt = now + AGE_CHECK_MS;
    return deleted + old + dead.length;
  }

  /** Deletes rows as long as `goesOn`; returns how many. */
  #delete(rows: readonly Row[], goesOn: () => boolean): number {
    let deleted = 0;
    for (const row of rows) {
      if (!goesOn()) break;
      deleted++;
      const functionName = String(row['function']);
      this.#tallies.add(functionName, TALLY_OF[Number(row['state'])] as TallyName, -1);
      this.#tallies.add(functionName, 'finishedBytes', -Number(row['event_bytes']) - Number(row['result_bytes']));
      this.#dead.delete(Number(row['seq']));
    }
    return deleted;
  }
}
