/** Credit that a queue gets per round (cost units). */
const QUANTUM = 100;

/** What a queue may take now. */
export interface Share<K> {
  readonly key: K;
  readonly count: number;
}

/**
 * Deficit round robin over queues (Shreedhar, Varghese 1995): queues that always have items get equal shares of cost,
 * however many items others have and whatever one item costs. Work-conserving: while any queue wants an item, one is
 * given.
 */
export class FairShare<K> {
  readonly #ring: K[] = [];
  readonly #deficits = new Map<K, number>();
  #at = 0;
  /** Whether the queue whose turn it is has had its credit of this round. */
  #hasCredit = false;

  /** Adds a queue; it comes last in the round. Idempotent. */
  add(key: K): void {
    if (this.#deficits.has(key)) return;
    this.#deficits.set(key, 0);
    this.#ring.splice(this.#at, 0, key);
    this.#at++;
  }

  remove(key: K): void {
    const index = this.#ring.indexOf(key);
    if (index < 0) return;
    this.#ring.splice(index, 1);
    this.#deficits.delete(key);
    if (index < this.#at) this.#at--;
    else if (index === this.#at) this.#hasCredit = false;
  }

  /**
   * Returns the next queue and how many items it may take, at least one; undefined if none wants any.
   *
   * @param wanted how many items a queue could take now
   * @param costOf estimated cost of one item, 1 to 10 times the credit per round
   */
  next(wanted: (key: K) => number, costOf: (key: K) => number): Share<K> | undefined {
    for (let idle = 0; idle < this.#ring.length;) {
      if (this.#at >= this.#ring.length) this.#at = 0;
      const key = this.#ring[this.#at] as K;
      const count = wanted(key);
      if (count <= 0) {
        // A queue saves no credit while it needs none.
        this.#deficits.set(key, 0);
        this.#pass();
        idle++;
        continue;
      }
      idle = 0;
      const cost = costOf(key);
      const deficit = (this.#deficits.get(key) ?? 0) + (this.#hasCredit ? 0 : QUANTUM);
      const given = Math.min(count, Math.floor(deficit / cost));
      const left = deficit - given * cost;
      this.#deficits.set(key, left);
      // It stays its turn while it has credit, even if items are given one at a time.
      if (left < cost) this.#pass();
      else this.#hasCredit = true;
      if (given > 0) return { key, count: given };
    }
    return undefined;
  }

  /** Goes on to the next queue. */
  #pass(): void {
    this.#at++;
    this.#hasCredit = false;
  }
}
