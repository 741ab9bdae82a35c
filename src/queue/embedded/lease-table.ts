import { randomUUID } from 'node:crypto';
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
  readonly eventBytes: number;
  endsAt: EpochMs;
}

/** The leases of one process. They are void when it ends, because it alone has the file. */
export class LeaseTable {
  readonly #bySeq = new Map<number, Lease>();
  readonly #byToken = new Map<LeaseToken, Lease>();
  /** Makes tokens of earlier processes unknown. */
  readonly #process = randomUUID();
  #count = 0;
  /** Undoes the changes since the last {@link LeaseTable.commit}, newest last. */
  #undo: (() => void)[] = [];

  grant(parts: Omit<Lease, 'token'>): Lease {
    const lease = { ...parts, token: `${this.#process}.${++this.#count}` };
    this.#put(lease);
    this.#undo.push(() => this.#remove(lease));
    return lease;
  }

  /** Ends the lease and returns it, or undefined if it is not held. */
  end(token: LeaseToken): Lease | undefined {
    const lease = this.#byToken.get(token);
    if (lease === undefined) return undefined;
    this.#remove(lease);
    this.#undo.push(() => this.#put(lease));
    return lease;
  }

  /** Ends the lease of a row, if it has one. */
  endOf(seq: number): void {
    const lease = this.#bySeq.get(seq);
    if (lease !== undefined) this.end(lease.token);
  }

  extend(token: LeaseToken, endsAt: EpochMs): boolean {
    const lease = this.#byToken.get(token);
    if (lease === undefined) return false;
    const before = lease.endsAt;
    lease.endsAt = endsAt;
    this.#undo.push(() => void (lease.endsAt = before));
    return true;
  }

  /** Leases that have ended by `now`. */
  ended(now: EpochMs): Lease[] {
    return [...this.#bySeq.values()].filter((lease) => lease.endsAt <= now);
  }

  /** When the first lease of a function ends. */
  firstEnd(functionName: string): EpochMs | undefined {
    let first: EpochMs | undefined;
    for (const lease of this.#bySeq.values()) {
      if (lease.functionName === functionName && (first === undefined || lease.endsAt < first)) first = lease.endsAt;
    }
    return first;
  }

  commit(): void {
    this.#undo = [];
  }

  rollback(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.#undo = [];
  }

  #put(lease: Lease): void {
    this.#bySeq.set(lease.seq, lease);
    this.#byToken.set(lease.token, lease);
  }

  #remove(lease: Lease): void {
    this.#bySeq.delete(lease.seq);
    this.#byToken.delete(lease.token);
  }
}
