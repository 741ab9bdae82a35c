/** Weight of a new count that equals the average, and what each unit of relative deviation adds. */
const CALM_ALPHA = 0.2;
const SURPRISE = 0.8;
const LEAST_ALPHA = 0.05;
const MOST_ALPHA = 0.95;
/** Invocations per tick that one sandbox is assumed to serve. */
const PER_SANDBOX = 5;

/**
 * Glambdar's prediction of the sandboxes that a function needs (its internal/ewma/predictor.go): an exponentially
 * weighted average of invocations per tick (30 s there) whose weight grows with the deviation, divided by five, at
 * least one.
 */
export class EwmaPredictor {
  #average: number | undefined;

  /** Invocations expected per tick; 0 before the first tick. */
  get expected(): number {
    return this.#average ?? 0;
  }

  /**
   * Ends a tick.
   * @param count invocations since the last one
   * @returns sandboxes to have, at least 1
   */
  tick(count: number): number {
    const before = this.#average ?? count;
    const surprise = Math.abs(count - before) / (before + 1);
    const alpha = Math.min(MOST_ALPHA, Math.max(LEAST_ALPHA, CALM_ALPHA + SURPRISE * surprise));
    this.#average = alpha * count + (1 - alpha) * before;
    return Math.max(Math.trunc(this.#average / PER_SANDBOX), 1);
  }
}
