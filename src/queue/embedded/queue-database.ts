import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { EpochMs } from '../../kit/index.ts';
import { knownFunctionName } from '../../contract/index.ts';
import { Batch } from './batch.ts';
import { DeadLetters } from './dead-letters.ts';
import { endLeasesBefore, LeaseTable } from './lease-table.ts';
import type { Notices, Operation, OperationName, Retention, WorkerResult } from './messages.ts';
import { prepareQueueSchema, schemaVersion, SCHEMA_VERSION } from './queue-schema.ts';
import { Reads } from './reads.ts';
import { Sweep } from './sweep.ts';
import { Tallies } from './tallies.ts';
import { Writes } from './writes.ts';

/** Operations whose answer means that the change survives a power failure. Others survive the end of the process. */
const DURABLE: ReadonlySet<OperationName> = new Set(['enqueue', 'cancel', 'redrive', 'purge']);
/** A clock that moves back by more than this was set (ms). */
const CLOCK_SET_MS = 1000;
/** Free pages from which on the file shrinks, and by how many at a time. */
const FREE_PAGES = 2048;

/** What a transaction yielded. */
export interface BatchOutcome {
  readonly results: readonly WorkerResult[];
  readonly notices: Notices;
}

/** An open database of a queue. Used by one thread, which alone has the file. */
export class QueueDatabase {
  readonly #db: DatabaseSync;
  readonly #tallies: Tallies;
  readonly #leases: LeaseTable;
  readonly #writes: Writes;
  readonly #reads: Reads;
  readonly #dead: DeadLetters;
  readonly #sweep: Sweep;
  readonly #clockSet: StatementSync;
  #isDurable = true;
  /** Whether pages may be free since rows were deleted. */
  #isShrinking = true;
  #now: EpochMs;

  private constructor(db: DatabaseSync, retention: Retention) {
    this.#db = db;
    this.#tallies = new Tallies(db);
    this.#leases = new LeaseTable(db);
    this.#writes = new Writes(db, this.#tallies, this.#leases);
    this.#reads = new Reads(db, this.#tallies, this.#leases);
    this.#dead = new DeadLetters(db, this.#tallies);
    this.#sweep = new Sweep(db, { retention, tallies: this.#tallies, dead: this.#dead });
    // Those without a delay, which would wait until the clock reaches the time at which they came.
    this.#clockSet = db.prepare(
      'UPDATE invocations SET due = ?1, accepted = ?1 WHERE state < 2 AND state = 0 AND due > ?1 AND due = accepted',
    );
    this.#now = Number(
      db.prepare('SELECT accepted FROM invocations ORDER BY seq DESC LIMIT 1').get()?.['accepted'] ?? 0,
    );
    this.#endOldLeases();
  }

  /**
   * Opens or creates the file; events that were leased by an ended process are available again. Returns undefined for
   * the file of a newer lam. Throws SQLite's errors.
   */
  static open(path: string, retention: Retention): QueueDatabase | undefined {
    const db = new DatabaseSync(path);
    try {
      // First, because it only takes effect on an empty database.
      db.exec('PRAGMA auto_vacuum = INCREMENTAL');
      db.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 8000;',
      );
      if (schemaVersion(db) > SCHEMA_VERSION) {
        db.close();
        return undefined;
      }
      prepareQueueSchema(db);
      return new QueueDatabase(db, retention);
    } catch (error) {
      if (db.isOpen) db.close();
      throw error;
    }
  }

  /** Functions with pending events. */
  waiting(): Notices['ready'] {
    return this.#tallies.waiting().map((name) => knownFunctionName(name));
  }

  /** Runs operations in one transaction, and flushes it if one of them asks for it. On a throw nothing has changed. */
  run(now: EpochMs, operations: readonly Operation[]): BatchOutcome {
    const isDurable = operations.some(({ name }) => DURABLE.has(name));
    if (isDurable !== this.#isDurable) {
      this.#db.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
      this.#isDurable = isDurable;
    }
    const batch = new Batch(now);
    this.#db.exec('BEGIN IMMEDIATE');
    let results: WorkerResult[];
    let deleted: number;
    try {
      if (now < this.#now - CLOCK_SET_MS) this.#clockSet.run(now);
      this.#writes.endLeases(batch);
      results = operations.map((operation) => this.#perform(operation, batch));
      deleted = this.#sweep.run(now);
      this.#leases.store();
      this.#tallies.store();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#leases.rollback();
      this.#tallies.reload();
      throw error;
    }
    this.#leases.commit();
    this.#now = now;
    if (deleted > 0) this.#isShrinking = true;
    if (this.#isShrinking) this.#shrink();
    return { results, notices: { ready: [...batch.ready], finished: batch.finished } };
  }

  close(): void {
    this.#db.close();
  }

  #perform(operation: Operation, batch: Batch): WorkerResult {
    switch (operation.name) {
      case 'enqueue':
        return this.#writes.accept(operation.event, operation.bounds, batch);
      case 'lease':
        return this.#reads.lease(operation, batch);
      case 'extend':
        return this.#leases.extend(operation.token, batch.now + operation.leaseMs) ? 'held' : 'lost';
      case 'settle':
        return this.#writes.settle(operation.token, operation.settlement, batch);
      case 'deadLetter':
        return this.#writes.deadLetter(operation.token, operation.death, batch);
      case 'get':
        return this.#reads.get(operation.id);
      case 'eventOf':
        return this.#reads.eventOf(operation.id);
      case 'list':
        return this.#reads.list(operation.query);
      case 'versionsNamed':
        return this.#reads.versionsNamed();
      case 'counts':
        return this.#tallies.all();
      case 'cancel':
        return this.#writes.cancel(operation.id, batch);
      case 'redrive':
        return this.#dead.redrive({ ...operation.query, limit: operation.limit }, operation.expiresAt, batch);
      case 'purge':
        return this.#dead.purge({ ...operation.query, limit: operation.limit });
      default:
        return operation satisfies never;
    }
  }

  #endOldLeases(): void {
    this.#db.exec('BEGIN IMMEDIATE');
    endLeasesBefore(this.#db);
    this.#tallies.endRunning();
    this.#tallies.store();
    this.#db.exec('COMMIT');
  }

  /** Gives some free pages back to the file system. */
  #shrink(): void {
    const free = Number(this.#db.prepare('PRAGMA freelist_count').get()?.['freelist_count']);
    this.#isShrinking = free > FREE_PAGES;
    if (this.#isShrinking) this.#db.exec(`PRAGMA incremental_vacuum(${FREE_PAGES / 2})`);
  }
}
