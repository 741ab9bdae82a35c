/** Exponentially weighted moving average; `value` is undefined until the first sample. */
export class Ewma {
  value: number | undefined;
  readonly #alpha: number;
  #count = 0;

  /** @param alpha weight of a new sample, greater than 0 and at most 1 */
  constructor(alpha: number) {
    this.#alpha = alpha;
  }

  add(sample: number): void {
    this.#count++;
    // The first samples are averaged plainly: the very first is often an outlier and would dominate for long.
    const weight = Math.max(this.#alpha, 1 / this.#count);
    this.value = this.value === undefined ? sample : this.value + weight * (sample - this.value);
  }
}
