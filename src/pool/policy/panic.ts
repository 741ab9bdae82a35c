import type { MonotonicMs } from '../../kit/index.ts';

/** The windows of the Knative autoscaler (its kpa-specific settings): long enough to be calm, short enough to notice a burst, ms. */
const STABLE_MS = 60_000;
const PANIC_MS = 6000;
/** A burst is this many times what was usual. */
const PANIC_RATIO = 2;
/** The windows are made of buckets this long, ms. */
const BUCKET_MS = 2000;
const BUCKETS = STABLE_MS / BUCKET_MS;
const PANIC_BUCKETS = PANIC_MS / BUCKET_MS;

/**
 * How many sandboxes of a function to keep after a burst. In calm times the mean of the last minute's peaks; when the peak of the
 * last six seconds is twice that, panic: as many as it took at most in the last minute, so that none is ended in that time.
 */
export class Panic {
  /** The peak of each bucket, by bucket number modulo their count. */
  readonly #peaks: Uint16Array = new Uint16Array(BUCKETS);
  /** All peaks together. */
  #sum = 0;
  #bucket = -Infinity;
  #panicUntil: MonotonicMs = -Infinity;

  /** So many sandboxes were busy at once. Times never go back; one that does counts as the latest. */
  sample(now: MonotonicMs, busy: number): void {
    this.#roll(now);
    const at = this.#bucket % BUCKETS;
    const before = this.#peaks[at] ?? 0;
    const peak = Math.min(busy, 65_535);
    if (peak > before) {
      this.#peaks[at] = peak;
      this.#sum += peak - before;
    }
    const burst = this.#peakOf(PANIC_BUCKETS);
    if (burst < 2 || burst < PANIC_RATIO * Math.max(1, this.#mean())) return;
    this.#panicUntil = Math.max(this.#panicUntil, now + STABLE_MS);
  }

  /** Whether a burst was less than a minute ago. */
  isPanic(now: MonotonicMs): boolean {
    return now < this.#panicUntil;
  }

  /** Sandboxes to keep beyond the first. */
  keepBeyondOne(now: MonotonicMs): number {
    this.#roll(now);
    const calm = Math.ceil(this.#mean());
    return Math.max(0, (this.isPanic(now) ? this.#peakOf(BUCKETS) : calm) - 1);
  }

  /** Empties the buckets of the time that passed without a sample. */
  #roll(now: MonotonicMs): void {
    const bucket = Math.floor(now / BUCKET_MS);
    if (bucket <= this.#bucket) return;
    const passed = Math.min(BUCKETS, bucket - this.#bucket);
    for (let i = 0; i < passed; i++) {
      const at = (bucket - i + BUCKETS) % BUCKETS;
      this.#sum -= this.#peaks[at] ?? 0;
      this.#peaks[at] = 0;
    }
    this.#bucket = bucket;
  }

  #peakOf(buckets: number): number {
    let peak = 0;
    for (let i = 0; i < buckets; i++) peak = Math.max(peak, this.#peaks[(this.#bucket - i + BUCKETS) % BUCKETS] ?? 0);
    return peak;
  }

  #mean(): number {
    return this.#sum / BUCKETS;
  }
}
