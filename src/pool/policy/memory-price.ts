import type { MonotonicMs } from '../../kit/index.ts';

/** Price with half of the memory in use, and its bounds; docs/simulator.md says how they were chosen. */
const HALF_PRICE = 1;
const LEAST_PRICE = 0.4;
const MOST_PRICE = 10;
/** Time constant of the average use (ms): a price that follows each burst would end and restart sandboxes in vain. */
const CALM_MS = 300_000;
/** The price changes only by this factor or more. */
const STEP = 1.25;

/**
 * Price of holding a GiB for a second, in milliseconds of cold start: low while much memory is free, rising steeply as
 * it runs out.
 */
export class MemoryPrice {
  /** The current price. */
  value: number = LEAST_PRICE;
  #usedMiB = 0;
  #at: MonotonicMs | undefined;

  /**
   * Records the memory in use; call it about once a second.
   * @param usedMiB memory limits of all sandboxes, stems included
   * @returns whether the price has changed
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
