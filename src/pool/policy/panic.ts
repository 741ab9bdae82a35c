import type { MonotonicMs } from '../../kit/index.ts';

/** Stable and panic window of the Knative autoscaler (ms). */
const STABLE_MS = 60_000;
const PANIC_MS = 6000;
/** The panic window's peak that starts a panic, as a multiple of the stable mean. */
const PANIC_RATIO = 2;
/** Length of a bucket (ms). */
const BUCKET_MS = 2000;
const BUCKETS = STABLE_MS / BUCKET_MS;
const PANIC_BUCKETS = PANIC_MS / BUCKET_MS;

/**
 * How many sandboxes of a function to keep after a burst, as Knative's panic mode: normally the mean of the peaks of
 * the last minute; when the peak of the last six seconds is twice that mean, the maximum of the last minute.
 */
export class Panic {
  /** Peak of each bucket, a ring indexed by bucket number. */
  readonly #peaks: Uint16Array = new Uint16Array(BUCKETS);
  /** Sum of the peaks. */
  #sum = 0;
  #bucket = -Infinity;
  #panicUntil: MonotonicMs = -Infinity;

  /** Records how many sandboxes were busy at once. A time before the latest one counts as the latest. */
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

  /** Whether the last burst was less than a minute ago. */
  isPanic(now: MonotonicMs): boolean {
    return now < this.#panicUntil;
  }

  /** Sandboxes to keep beyond the first. */
  keepBeyondOne(now: MonotonicMs): number {
    this.#roll(now);
    const calm = Math.ceil(this.#mean());
    return Math.max(0, (this.isPanic(now) ? this.#peakOf(BUCKETS) : calm) - 1);
  }

  /** Clears the buckets that passed without a sample. */
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
