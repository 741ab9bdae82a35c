import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AsyncCounts } from '../../contract/index.ts';

type Tally = { -readonly [K in keyof AsyncCounts]: number } & { finishedBytes: number; deadBytes: number };

/** A column of a tally. */
export type TallyName = keyof Tally;

const NAMES = ['pending', 'running', 'completed', 'failed', 'cancelled', 'dead', 'finishedBytes', 'deadBytes'] as const;

const NONE: Readonly<Tally> = {
  pending: 0,
  running: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  dead: 0,
  finishedBytes: 0,
  deadBytes: 0,
};

/** Counts of invocations by function and state, stored with each transaction: counting a million rows takes seconds. */
export class Tallies {
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #byFunction = new Map<string, Tally>();
  readonly #changed = new Set<string>();

  constructor(db: DatabaseSync) {
    this.#select = db.prepare('SELECT * FROM tallies');
    this.#upsert = db.prepare(`INSERT OR REPLACE INTO tallies
      (function, pending, running, completed, failed, cancelled, dead, finished_bytes, dead_bytes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.reload();
  }

  /** Reads what is stored, after a transaction was rolled back. */
  reload(): void {
    this.#byFunction.clear();
    this.#changed.clear();
    for (const row of this.#select.all()) {
      const { function: name, finished_bytes: finishedBytes, dead_bytes: deadBytes, ...rest } = row;
      const counts = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, Number(value)]));
      this.#byFunction.set(String(name), {
        ...(counts as unknown as AsyncCounts),
        finishedBytes: Number(finishedBytes),
        deadBytes: Number(deadBytes),
      });
    }
  }

  add(functionName: string, name: TallyName, by: number): void {
    let tally = this.#byFunction.get(functionName);
    if (tally === undefined) {
      tally = { ...NONE };
      this.#byFunction.set(functionName, tally);
    }
    tally[name] += by;
    this.#changed.add(functionName);
  }

  /** Counts everything that runs as pending. */
  endRunning(): void {
    for (const [functionName, { running }] of this.#byFunction) {
      if (running === 0) continue;
      this.add(functionName, 'running', -running);
      this.add(functionName, 'pending', running);
    }
  }

  of(functionName: string): Readonly<Tally> {
    return this.#byFunction.get(functionName) ?? NONE;
  }

  /** Stores what has changed; part of the transaction. */
  store(): void {
    for (const functionName of this.#changed) {
      const tally = this.#byFunction.get(functionName) as Tally;
      this.#upsert.run(functionName, ...NAMES.map((name) => tally[name]));
    }
    this.#changed.clear();
  }

  /** Sum over all functions. */
  total(...names: readonly TallyName[]): number {
    let sum = 0;
    for (const tally of this.#byFunction.values()) for (const name of names) sum += tally[name];
    return sum;
  }

  /** Names of functions with pending events. */
  waiting(): string[] {
    return [...this.#byFunction].flatMap(([name, { pending }]) => (pending > 0 ? [name] : []));
  }

  /** All counts by function, without functions that have none. */
  all(): Record<string, AsyncCounts> {
    const all: Record<string, AsyncCounts> = {};
    for (const [name, { finishedBytes: _, deadBytes: __, ...counts }] of this.#byFunction) {
      if (Object.values(counts).some((count) => count > 0)) all[name] = counts;
    }
    return all;
  }
}
