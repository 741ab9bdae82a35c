import { existsSync, renameSync } from 'node:fs';
import type { EpochMs } from '../../kit/index.ts';
import type { BatchFailure, Notices, Operation, Retention, SetAside } from './messages.ts';
import { QueueDatabase, type BatchOutcome } from './queue-database.ts';

/** Primary result codes of SQLite. */
const CODES = { ioError: 10, corrupt: 11, full: 13, notDatabase: 26 } as const;

/**
 * The file of a queue. Opens it when first used, and again after a failure; moves one that is damaged or of a newer lam
 * aside, also in use, and begins a new one.
 */
export class QueueFile {
  readonly #path: string;
  readonly #retention: Retention;
  #database: QueueDatabase | undefined;
  #setAside: SetAside | undefined;

  constructor(path: string, retention: Retention) {
    this.#path = path;
    this.#retention = retention;
  }

  /** Runs operations in one transaction. Throws SQLite's errors, and then nothing has changed. */
  run(now: EpochMs, operations: readonly Operation[]): BatchOutcome {
    try {
      return this.#run(now, operations);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#moveAside('damaged');
      return this.#run(now, operations);
    }
  }

  /** Returns once which file was moved aside. */
  takeSetAside(): SetAside | undefined {
    const taken = this.#setAside;
    this.#setAside = undefined;
    return taken;
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #run(now: EpochMs, operations: readonly Operation[]): BatchOutcome {
    let waiting: Notices['ready'] = [];
    if (this.#database === undefined) {
      this.#database = QueueDatabase.open(this.#path, this.#retention);
      if (this.#database === undefined) {
        this.#moveAside('newer');
        this.#database = QueueDatabase.open(this.#path, this.#retention) as QueueDatabase;
      }
      waiting = this.#database.waiting();
    }
    const { results, notices } = this.#database.run(now, operations);
    return { results, notices: { ...notices, ready: [...waiting, ...notices.ready] } };
  }

  /** Renames the database, which is kept for inspection. */
  #moveAside(cause: SetAside['cause']): void {
    this.close();
    const path = `${this.#path}.${cause}-${new Date().toISOString().replaceAll(':', '-')}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(this.#path + suffix)) renameSync(this.#path + suffix, path + suffix);
    }
    this.#setAside = { cause, path };
  }
}

/** Translates an error of SQLite. */
export function failureOf(error: unknown): BatchFailure {
  const why = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === CODES.full) return { cause: 'full', why };
  return { cause: code === CODES.ioError ? 'disk' : 'other', why };
}

function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === CODES.corrupt || code === CODES.notDatabase;
}

/** The primary result code: the lower byte. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
}
