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

/** Sandboxes of a function grouped by powers of two: the 1st; the 2nd and 3rd; the 4th to 7th; and so on. */
class Rank {
  /** When at least the first of them was needed. */
  readonly arrivals: Arrivals;
  /**
   * Peak number of sandboxes needed at once in the last minute that the rank was needed, clamped to the last of the
   * rank.
   */
  peak = 0;
  /** Whether the first of them was in use at the last sample. */
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

  /** {@link keepWindows}, cached until an input changes. */
  windows(costs: KeepCosts, nextAt: MonotonicMs | undefined): KeepWindows {
    const { changes } = this.arrivals;
    const isFresh =
      changes === this.#changes &&
      costs.coldMs === this.#coldMs &&
      costs.memoryMiB === this.#memoryMiB &&
      costs.price === this.#price &&
      costs.concurrency === this.#concurrency &&
      nextAt === this.#nextAt;
    // Windows of a known arrival depend on the time of the last one, which moves without a change here.
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

/** Window of {@link Rank.peak} (ms). */
const PEAK_MS = 60_000;

/**
 * Demand for a function, past and predicted: how many warm sandboxes are worth their memory. One object per function
 * for all its versions, because a deploy does not change the callers. Times must not decrease.
 */
export class Traffic {
  readonly arrivals: Arrivals = new Arrivals();
  readonly #panic: Panic = new Panic();
  readonly #ranks: Rank[] = [new Rank(this.arrivals)];

  /** Records a request. */
  arrived(now: MonotonicMs): void {
    this.arrivals.arrived(now);
  }

  /**
   * Records how many sandboxes are busy, and the peak since the last sample. Call it about once a second while any is
   * or was busy, or on each change.
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
   * Returns how many sandboxes are worth keeping, busy ones included.
   * @param nextAt time of the next request announced by a schedule
   */
  wanted(now: MonotonicMs, costs: KeepCosts, nextAt?: MonotonicMs): number {
    const beyond = this.#panic.keepBeyondOne(now);
    const least = beyond > 0 ? beyond + 1 : 0;
    return Math.max(least, this.#most(now, costs, nextAt, isKept));
  }

  /**
   * Returns the number of sandboxes to prewarm up to for requests that are about to come. Never more than {@link
   * wanted}.
   */
  ahead(now: MonotonicMs, costs: KeepCosts, nextAt?: MonotonicMs): number {
    return this.#most(now, costs, nextAt, isPrewarmTime);
  }

  /**
   * Next time at which {@link wanted} or {@link ahead} may change without an arrival, if no schedule announced one;
   * Infinity for never.
   */
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
