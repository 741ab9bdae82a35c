/** A cache that evicts the least recently used entries when their total weight exceeds a limit. */
export class Lru<V> {
  readonly #most: number;
  readonly #weigh: (value: V) => number;
  /** Least recently used first. */
  readonly #kept = new Map<string, V>();
  #weight = 0;

  /** @param most limit of the total weight; an entry heavier than this is not kept */
  constructor(most: number, weigh: (value: V) => number) {
    this.#most = most;
    this.#weigh = weigh;
  }

  /** Returns a value and marks it as used. */
  get(key: string): V | undefined {
    const value = this.#kept.get(key);
    if (value === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.delete(key);
    this.#kept.set(key, value);
    this.#weight += this.#weigh(value);
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#most) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const value = this.#kept.get(key);
    if (value === undefined) return;
    this.#kept.delete(key);
    this.#weight -= this.#weigh(value);
  }
}
