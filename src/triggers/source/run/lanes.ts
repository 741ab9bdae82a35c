import type { MonotonicMs } from '../../../kit/index.ts';
import type { SourceMessage } from './message.ts';

/** A message that waits for its run, or runs. */
export interface LaneEntry<M extends SourceMessage> {
  readonly message: M;
  /** Ordering key; undefined for none. */
  readonly key: string | undefined;
  readonly arrivedAt: MonotonicMs;
  /** Failed attempts in this process. */
  failures: number;
  /** Runs in a batch of its own, because a batch failed as a whole and any of its messages may be the cause. */
  isAlone: boolean;
}

/** Entries that could be taken. */
interface Ready {
  readonly count: number;
  readonly bytes: number;
  /** Arrival of the oldest one. */
  readonly since: MonotonicMs;
  /** Whether one of them is to run alone, and so has no batch to wait for. */
  readonly isAlone: boolean;
}

/** Waiting entries of one key. The lane without a key is never busy. */
interface Lane<M extends SourceMessage> {
  entries: LaneEntry<M>[];
  isBusy: boolean;
}

/**
 * Waiting messages in lanes, one per ordering key. A lane from which a batch was taken is busy until it is released; its
 * further entries wait. Pure.
 */
export class Lanes<M extends SourceMessage> {
  /** In the order in which their turn comes. */
  readonly #lanes = new Map<string | undefined, Lane<M>>();

  /** What could be taken now; undefined for nothing. */
  get ready(): Ready | undefined {
    let count = 0;
    let bytes = 0;
    let since = Infinity;
    let isAlone = false;
    for (const { entries, isBusy } of this.#lanes.values()) {
      const [first] = entries;
      if (isBusy || first === undefined) continue;
      count += entries.length;
      for (const { message } of entries) bytes += message.bytes;
      since = Math.min(since, first.arrivedAt);
      isAlone ||= first.isAlone;
    }
    return count === 0 ? undefined : { count, bytes, since, isAlone };
  }

  /** Appends an entry to its lane. */
  push(entry: LaneEntry<M>): void {
    this.#lane(entry.key).entries.push(entry);
  }

  /** Puts entries of one key back at the head of its lane. */
  putBack(entries: readonly LaneEntry<M>[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const lane = this.#lane(first.key);
    lane.entries = [...entries, ...lane.entries];
  }

  /** Takes a batch of at most `count` entries and about `bytes`; at least one if any is ready. */
  take(count: number, bytes: number): LaneEntry<M>[] {
    const batch: LaneEntry<M>[] = [];
    let left = bytes;
    for (const [key, lane] of this.#lanes) {
      if (lane.isBusy) continue;
      let taken = 0;
      for (const entry of lane.entries) {
        const isFull = batch.length >= count || (batch.length > 0 && entry.message.bytes > left);
        if (isFull || (batch.length > 0 && (entry.isAlone || batch[0]?.isAlone === true))) break;
        batch.push(entry);
        taken++;
        left -= entry.message.bytes;
      }
      if (taken === 0) continue;
      lane.entries = lane.entries.slice(taken);
      lane.isBusy = key !== undefined;
      // Behind the others, so that a full lane starves none.
      this.#lanes.delete(key);
      this.#lanes.set(key, lane);
      if (batch.length >= count || batch[0]?.isAlone === true) break;
    }
    return batch;
  }

  /** Lets the next batch of a key be taken. */
  release(key: string | undefined): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    lane.isBusy = false;
    if (lane.entries.length === 0) this.#lanes.delete(key);
  }

  /** Removes and returns all waiting entries. */
  drain(): LaneEntry<M>[] {
    const all = [...this.#lanes.values()].flatMap(({ entries }) => entries);
    this.#lanes.clear();
    return all;
  }

  #lane(key: string | undefined): Lane<M> {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane: Lane<M> = { entries: [], isBusy: false };
    this.#lanes.set(key, lane);
    return lane;
  }
}
