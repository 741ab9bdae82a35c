import type { MonotonicMs } from '../../kit/index.ts';

/** The price when half of the memory is in use, and its bounds; docs/simulator.md says how they were chosen. */
const HALF_PRICE = 1;
const LEAST_PRICE = 0.4;
const MOST_PRICE = 10;
/** Use is averaged over about this long, ms: a price that follows every burst makes sandboxes end and start for nothing. */
const CALM_MS = 300_000;
/** The price stays until it would be so many times as much, or as little. */
const STEP = 1.25;

/**
 * What a GiB is worth for a second, in milliseconds of waiting that one would rather cause than hold it: little while there
 * is plenty, more and more the less is left.
 */
export class MemoryPrice {
  /** The price now. */
  value: number = LEAST_PRICE;
  #usedMiB = 0;
  #at: MonotonicMs | undefined;

  /**
   * So much is held since the last sample; to be called about once a second.
   * @param usedMiB what all sandboxes hold, with stems
   * @returns whether the price is another now, so that what was reckoned with it is to be reckoned again
   */
  sample(now: MonotonicMs, usedMiB: number, budgetMiB: number): boolean {
    const passedMs = this.#at === undefined ? Infinity : Math.max(0, now - this.#at);
    this.#at = now;
    this.#usedMiB += (1 - Math.exp(-passedMs / CALM_MS)) * (usedMiB - this.#usedMiB);
    const raw = (HALF_PRICE * this.#usedMiB) / Math.max(budgetMiB - this.#usedMiB, 1);
    const price = Math.min(MOST_PRICE, Math.max(LEAST_PRICE, raw));
    if (price <= this.value * STEP && price * STEP >= this.value) return false;
    this.value = price;
    return true;
  }
}
