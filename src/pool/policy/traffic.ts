import type { MonotonicMs } from '../../kit/index.ts';
import { Arrivals } from './arrivals.ts';
import {
  isExpectedAround,
  isKept,
  isPrewarmTime,
  keepWindows,
  nextTurn,
  type KeepCosts,
  type KeepWindows,
} from './keep.ts';
import { Panic } from './panic.ts';

/** Sandboxes of a function that are needed about as often: the 1st; the 2nd and 3rd; the 4th to 7th; and so on. */
class Rank {
  /** When at least the first of them was needed. */
  readonly arrivals: Arrivals;
  /** How many sandboxes were needed at once, at most, in the last minute that one of them was; the last of them, where more were. */
  peak = 0;
  /** At least the first of them is in use, as far as is known. */
  isBusy = false;
  #windows: KeepWindows | undefined;
  #changes = -1;
  #coldMs = 0;
  #memoryMiB = 0;
  #price: number | undefined;
  #concurrency: number | undefined;
  #nextAt: MonotonicMs | undefined;

  constructor(arrivals: Arrivals) {
    this.arrivals = arrivals;
  }

  /** As {@link keepWindows}, reckoned anew only when something changed. */
  windows(costs: KeepCosts, nextAt: MonotonicMs | undefined): KeepWindows {
    const { changes } = this.arrivals;
    const isFresh =
      changes === this.#changes &&
      costs.coldMs === this.#coldMs &&
      costs.memoryMiB === this.#memoryMiB &&
      costs.price === this.#price &&
      costs.concurrency === this.#concurrency &&
      nextAt === this.#nextAt;
    // A schedule is measured from the last arrival, which moves without changing anything else.
    if (this.#windows !== undefined && isFresh && nextAt === undefined) return this.#windows;
    this.#changes = changes;
    this.#coldMs = costs.coldMs;
    this.#memoryMiB = costs.memoryMiB;
    this.#price = costs.price;
    this.#concurrency = costs.concurrency;
    this.#nextAt = nextAt;
    return (this.#windows = keepWindows(this.arrivals, costs, nextAt));
  }
}

/** A peak is that of the last minute in which the rank was needed, ms. */
const PEAK_MS = 60_000;

/**
 * What a function was asked for and what it will be: how many warm sandboxes it is worth to have at a time. One for
 * each function, whatever the version: a deploy changes nothing about who calls. Driven by whoever owns it, with times
 * that never go back.
 */
export class Traffic {
  readonly arrivals: Arrivals = new Arrivals();
  readonly #panic: Panic = new Panic();
  readonly #ranks: Rank[] = [new Rank(this.arrivals)];

  /** A request came. */
  arrived(now: MonotonicMs): void {
    this.arrivals.arrived(now);
  }

  /**
   * So many sandboxes are busy, and so many were at once since the last sample. To be called about once a second while any
   * is or was busy, or whenever the number changes.
   */
  sample(now: MonotonicMs, busy: number, peak: number): void {
    const most = Math.max(busy, peak);
    this.#panic.sample(now, most);
    for (let at = 1; 2 ** at <= most; at++) {
      const rank = (this.#ranks[at] ??= new Rank(new Arrivals()));
      const needed = Math.min(most, 2 ** (at + 1) - 1);
      rank.peak = now - rank.arrivals.last > PEAK_MS ? needed : Math.max(rank.peak, needed);
      if (rank.isBusy) rank.arrivals.lasted(now);
      else rank.arrivals.arrived(now);
    }
    for (const [at, rank] of this.#ranks.entries()) rank.isBusy = at > 0 && 2 ** at <= busy;
  }

  /**
   * How many sandboxes are worth keeping, those that are busy included; 0 when none is.
   * @param nextAt when the next request is known to come, by a schedule
   */
  wanted(now: MonotonicMs, costs: KeepCosts, nextAt?: MonotonicMs): number {
    const beyond = this.#panic.keepBeyondOne(now);
    const least = beyond > 0 ? beyond + 1 : 0;
    return Math.max(least, this.#most(now, costs, nextAt, isKept));
  }

  /** How many there should be even if they must be started, because requests are about to come. Never more than {@link wanted}. */
  ahead(now: MonotonicMs, costs: KeepCosts, nextAt?: MonotonicMs): number {
    return this.#most(now, costs, nextAt, isPrewarmTime);
  }

  /** When the answer of {@link wanted} or {@link ahead} may change next without an arrival, where none is known ahead; Infinity when it stays. */
  nextChange(now: MonotonicMs, costs: KeepCosts): MonotonicMs {
    let next = this.#panic.keepBeyondOne(now) > 0 ? now + 2000 : Infinity;
    for (const rank of this.#ranks) {
      const { last } = rank.arrivals;
      if (rank.arrivals.count === 0) continue;
      next = Math.min(next, last + nextTurn(rank.windows(costs, undefined), now - last));
    }
    return next;
  }

  #most(
    now: MonotonicMs,
    costs: KeepCosts,
    nextAt: MonotonicMs | undefined,
    holds: (windows: KeepWindows, ageMs: number) => boolean,
  ): number {
    // Also for a function that was never called: windows are measured from its last call.
    let most = nextAt !== undefined && isExpectedAround(now, nextAt, costs.coldMs) ? 1 : 0;
    for (const [at, rank] of this.#ranks.entries()) {
      if (rank.arrivals.count === 0) continue;
      const windows = rank.windows(costs, at === 0 ? nextAt : undefined);
      if (holds(windows, now - rank.arrivals.last)) most = Math.max(most, at === 0 ? 1 : rank.peak);
    }
    return most;
  }
}
