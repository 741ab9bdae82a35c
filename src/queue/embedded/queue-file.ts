import { existsSync, renameSync } from 'node:fs';
import type { EpochMs } from '../../kit/index.ts';
import type { BatchFailure, Operation, Retention, SetAside } from './messages.ts';
import type { QueuedEvent } from '../queue.ts';
import { QueueDatabase, type BatchOutcome } from './queue-database.ts';
import { salvaged } from './salvage.ts';

/** Events of a damaged file that one transaction takes over. */
const SALVAGED_AT_ONCE = 200;
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
  /** Whether the functions with waiting events were named since the database was opened. */
  #isAnnounced = false;

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
      const path = this.#moveAside('damaged');
      this.#salvage(path, now);
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
    const database = (this.#database ??= this.#open());
    const waiting = this.#isAnnounced ? [] : database.waiting();
    const { results, notices } = database.run(now, operations);
    this.#isAnnounced = true;
    return { results, notices: { ...notices, ready: [...waiting, ...notices.ready] } };
  }

  #open(): QueueDatabase {
    this.#isAnnounced = false;
    const found = QueueDatabase.open(this.#path, this.#retention);
    if (found !== undefined) return found;
    this.#moveAside('newer');
    return QueueDatabase.open(this.#path, this.#retention) as QueueDatabase;
  }

  /** Takes over what can be read of a damaged database; what cannot be written stays in that file alone. */
  #salvage(path: string, now: EpochMs): void {
    let taken = 0;
    const store = (events: readonly QueuedEvent[]): void => {
      this.#database ??= this.#open();
      this.#database.run(
        now,
        events.map((event) => ({ name: 'enqueue', event })),
      );
      taken += events.length;
    };
    try {
      let some: QueuedEvent[] = [];
      for (const event of salvaged(path)) {
        some.push(event);
        if (some.length === SALVAGED_AT_ONCE) {
          store(some);
          some = [];
        }
      }
      if (some.length > 0) store(some);
    } catch {
      // The disk is full, say; the next operation tells.
    }
    this.#setAside = { cause: 'damaged', path, salvaged: taken };
  }

  /** Renames the database, which is kept for inspection. */
  #moveAside(cause: SetAside['cause']): string {
    this.close();
    const path = `${this.#path}.${cause}-${new Date().toISOString().replaceAll(':', '-')}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(this.#path + suffix)) renameSync(this.#path + suffix, path + suffix);
    }
    this.#setAside = { cause, path, salvaged: 0 };
    return path;
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
