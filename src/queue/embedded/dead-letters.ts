import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { knownFunctionName } from '../../contract/index.ts';
import type { EpochMs } from '../../kit/index.ts';
import type { DeadQuery } from '../queue.ts';
import type { Batch } from './batch.ts';
import type { Row } from './rows.ts';
import type { Tallies } from './tallies.ts';

/** Redrives and deletes dead letters, and deletes finished invocations. */
export class DeadLetters {
  readonly #db: DatabaseSync;
  readonly #tallies: Tallies;
  readonly #redrive: StatementSync;
  readonly #deletes: readonly StatementSync[];

  constructor(db: DatabaseSync, tallies: Tallies) {
    this.#db = db;
    this.#tallies = tallies;
    this.#redrive = db.prepare(`UPDATE invocations
      SET state = 0, dead = NULL, finished = NULL, due = ?, expires = ?, attempts = 0, interrupted = 0 WHERE seq = ?`);
    this.#deletes = ['invocations', 'events', 'results'].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE seq = ?`),
    );
  }

  redrive(query: DeadQuery & { readonly limit: number }, expiresAt: EpochMs, batch: Batch): number {
    const rows = this.#select(query);
    for (const row of rows) {
      const functionName = String(row['function']);
      this.#redrive.run(batch.now, Math.ceil(expiresAt), Number(row['seq']));
      this.#uncount(row);
      this.#tallies.add(functionName, 'pending', 1);
      batch.ready.add(knownFunctionName(functionName));
    }
    return rows.length;
  }

  purge(query: DeadQuery & { readonly limit: number }): number {
    const rows = this.#select(query);
    for (const row of rows) {
      this.remove(row);
    }
    return rows.length;
  }

  /** Deletes the dead letter of a row. */
  remove(row: Row): void {
    this.#uncount(row);
    this.delete(Number(row['seq']));
  }

  #uncount(row: Row): void {
    const functionName = String(row['function']);
    this.#tallies.add(functionName, 'dead', -1);
    this.#tallies.add(functionName, 'deadBytes', -Number(row['event_bytes']) - Number(row['result_bytes']));
  }

  /** Deletes a row with its event and result; the caller has counted it. */
  delete(seq: number): void {
    for (const statement of this.#deletes) statement.run(seq);
  }

  #select({ functionName, ids, limit }: DeadQuery & { readonly limit: number }): Row[] {
    const conditions = ['dead IS NOT NULL'];
    const values: SQLInputValue[] = [];
    if (functionName !== undefined) {
      conditions.push('function = ?');
      values.push(functionName);
    }
    if (ids !== undefined) {
      conditions.push('id IN (SELECT value FROM json_each(?))');
      values.push(JSON.stringify(ids));
    }
    return this.#db
      .prepare(
        `SELECT seq, function, event_bytes, result_bytes FROM invocations WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT ?`,
      )
      .all(...values, limit);
  }
}
