import { randomBytes } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RequestId } from '../../contract/index.ts';
import type { EpochMs } from '../../kit/index.ts';
import type { LeaseToken } from '../queue.ts';

/** A held lease. */
export interface Lease {
  readonly token: LeaseToken;
  /** Row of the event. */
  readonly seq: number;
  readonly id: RequestId;
  readonly functionName: string;
  /** Attempts that ended before. */
  readonly attempts: number;
  /** Whether the result of an earlier attempt may be stored. */
  readonly hasHistory: boolean;
  readonly eventBytes: number;
  /** The leases that were granted together. */
  readonly group: LeaseGroup;
  endsAt: EpochMs;
}

/** Leases that were granted together. */
export interface LeaseGroup {
  readonly id: number;
  /** When they were granted. */
  readonly at: EpochMs;
  /** Rows whose lease is held. */
  readonly seqs: Set<number>;
}

/**
 * What becomes of the row of a lease that ends: `finished` for good, or it may be leased again (as pending, or as a dead
 * letter that is redriven).
 */
export type LeaseEnd = 'finished' | 'stays';

/**
 * The leases of one process. They are void when it ends, because it alone has the file. Rows of leased events are left
 * as they are: what is stored is one row for each group, which tells the next process which attempts were interrupted.
 */
export class LeaseTable {
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #bySeq = new Map<number, Lease>();
  readonly #byToken = new Map<LeaseToken, Lease>();
  readonly #heldOf = new Map<string, number>();
  /** Groups whose row is to be written. */
  readonly #changed = new Set<LeaseGroup>();
  /** Makes tokens of earlier processes unknown. */
  readonly #process = randomBytes(9).toString('base64url');
  #leaseCount = 0;
  #groupCount = 0;
  /** No lease ends before it. */
  #earliestEnd = Infinity;
  /** Undoes the changes since the last {@link LeaseTable.commit}, newest last. */
  #undo: (() => void)[] = [];

  constructor(db: DatabaseSync) {
    this.#upsert = db.prepare('INSERT OR REPLACE INTO leases (id, at, seqs) VALUES (?, ?, ?)');
    this.#delete = db.prepare('DELETE FROM leases WHERE id = ?');
  }

  /** Begins a group, to which leases are then granted. */
  newGroup(at: EpochMs): LeaseGroup {
    return { id: ++this.#groupCount, at, seqs: new Set() };
  }

  grant(parts: Omit<Lease, 'token'>): Lease {
    const lease = { ...parts, token: `${this.#process}.${++this.#leaseCount}` };
    this.#put(lease);
    this.#changed.add(lease.group);
    this.#undo.push(() => this.#remove(lease));
    return lease;
  }

  /** Ends the lease and returns it, or undefined if it is not held. */
  end(token: LeaseToken, as: LeaseEnd): Lease | undefined {
    const lease = this.#byToken.get(token);
    if (lease === undefined) return undefined;
    this.#remove(lease);
    // A finished row is not taken for one that was interrupted.
    if (as === 'stays' || lease.group.seqs.size === 0) this.#changed.add(lease.group);
    this.#undo.push(() => this.#put(lease));
    return lease;
  }

  /** The lease of a row, if it has one. */
  of(seq: number): Lease | undefined {
    return this.#bySeq.get(seq);
  }

  /** How many events of a function are leased. */
  countOf(functionName: string): number {
    return this.#heldOf.get(functionName) ?? 0;
  }

  /** Rows of all leased events. */
  seqs(): number[] {
    return [...this.#bySeq.keys()];
  }

  extend(token: LeaseToken, endsAt: EpochMs): boolean {
    const lease = this.#byToken.get(token);
    if (lease === undefined) return false;
    const before = lease.endsAt;
    lease.endsAt = endsAt;
    this.#earliestEnd = Math.min(this.#earliestEnd, endsAt);
    this.#undo.push(() => void (lease.endsAt = before));
    return true;
  }

  /** Leases that have ended by `now`. */
  ended(now: EpochMs): Lease[] {
    if (now < this.#earliestEnd) return [];
    const ended: Lease[] = [];
    this.#earliestEnd = Infinity;
    for (const lease of this.#bySeq.values()) {
      if (lease.endsAt <= now) ended.push(lease);
      this.#earliestEnd = Math.min(this.#earliestEnd, lease.endsAt);
    }
    return ended;
  }

  /** When the first lease of a function ends. */
  firstEnd(functionName: string): EpochMs | undefined {
    let first: EpochMs | undefined;
    for (const lease of this.#bySeq.values()) {
      if (lease.functionName === functionName && (first === undefined || lease.endsAt < first)) first = lease.endsAt;
    }
    return first;
  }

  /** Stores what has changed; part of the transaction. */
  store(): void {
    for (const { id, at, seqs } of this.#changed) {
      if (seqs.size === 0) this.#delete.run(id);
      else this.#upsert.run(id, at, JSON.stringify([...seqs]));
    }
    this.#changed.clear();
  }

  commit(): void {
    this.#undo = [];
  }

  rollback(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.#undo = [];
    this.#changed.clear();
  }

  #put(lease: Lease): void {
    this.#bySeq.set(lease.seq, lease);
    this.#byToken.set(lease.token, lease);
    lease.group.seqs.add(lease.seq);
    this.#heldOf.set(lease.functionName, this.countOf(lease.functionName) + 1);
    this.#earliestEnd = Math.min(this.#earliestEnd, lease.endsAt);
  }

  #remove(lease: Lease): void {
    this.#bySeq.delete(lease.seq);
    this.#byToken.delete(lease.token);
    lease.group.seqs.delete(lease.seq);
    const held = this.countOf(lease.functionName) - 1;
    if (held === 0) this.#heldOf.delete(lease.functionName);
    else this.#heldOf.set(lease.functionName, held);
  }
}

/**
 * Ends the leases of a process that has ended: their attempts were interrupted. Part of a transaction.
 */
export function endLeasesBefore(db: DatabaseSync): void {
  db.exec(`UPDATE invocations SET interrupted = interrupted + 1, started = held.at
    FROM (SELECT l.at AS at, s.value AS seq FROM leases l, json_each(l.seqs) s) AS held
    WHERE invocations.seq = held.seq AND invocations.state = 0;
    DELETE FROM leases;`);
}
