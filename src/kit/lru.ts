/** Keeps what was used last, up to a weight in all; the rest is forgotten. */
export class Lru<V> {
  readonly #most: number;
  readonly #weigh: (value: V) => number;
  /** The one used longest ago first. */
  readonly #kept = new Map<string, V>();
  #weight = 0;

  /** `most`: sum of what `weigh` says of all that is kept. What is heavier by itself is not kept. */
  constructor(most: number, weigh: (value: V) => number) {
    this.#most = most;
    this.#weigh = weigh;
  }

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
