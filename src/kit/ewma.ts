/** Exponentially weighted moving average; `value` is undefined until the first sample. */
export class Ewma {
  value: number | undefined;
  readonly #alpha: number;

  /** @param alpha weight of a new sample, above 0 and at most 1 */
  constructor(alpha: number) {
    this.#alpha = alpha;
  }

  add(sample: number): void {
    this.value = this.value === undefined ? sample : this.value + this.#alpha * (sample - this.value);
  }
}
