import type { MonotonicMs } from '../../kit/index.ts';

/** Upper bound of the first bin (ms): nothing is ended and started again within a second. */
const SHORT_MS = 1024;
const SHORT_BITS = 10;
/** Lower bound of the last bin (ms): about 37 hours. */
const LONG_MS = 2 ** 27;
/** Bins per doubling of the gap. */
const STEPS = 8;
const STEP_BITS = 3;

/** Number of bins: [0, 1 s), then eight per doubling of the gap, then one without upper bound. */
export const AGE_BINS = 2 + (27 - SHORT_BITS) * STEPS;

/** Returns the bin of a gap. O(1), no logarithm. */
function ageBin(ms: number): number {
  if (!(ms >= SHORT_MS)) return 0;
  if (ms >= LONG_MS) return AGE_BINS - 1;
  const octave = 31 - Math.clz32(ms);
  return 1 + (octave - SHORT_BITS) * STEPS + ((ms >>> (octave - STEP_BITS)) & (STEPS - 1));
}

/** Lower bound of each bin (ms), then Infinity. */
export const AGE_STARTS: Float64Array = Float64Array.from({ length: AGE_BINS + 1 }, (_, bin) => {
  if (bin === 0) return 0;
  if (bin > AGE_BINS - 1) return Infinity;
  return (STEPS + ((bin - 1) % STEPS)) * 2 ** (SHORT_BITS + Math.floor((bin - 1) / STEPS) - STEP_BITS);
});

/** Decay of the weight of earlier gaps with each new one: about the last 64 decide. */
const FADE = 63 / 64;
/** Time constant of {@link Arrivals.recent} (ms). */
const RECENT_MS = 600_000;

/**
 * Arrivals within this time of one that followed a gap of a second or more would wait for the same cold start (ms).
 */
const BURST_MS = 300;
const BURST_ALPHA = 0.1;

/** Tolerance around the steady gap: a share of it, and a minimum (ms). */
const STEADY_TOLERANCE = 0.05;
const LEAST_TOLERANCE_MS = 500;
/**
 * Weight of one gap in the share of steady ones, its first value, and the share from which gaps count as steady (four
 * in a row).
 */
const STEADY_ALPHA = 0.2;
const FIRST_SHARE = 0.3;
const LEAST_SHARE = 0.7;

/** The dominant gap of a function that is called at regular intervals. */
export interface SteadyGap {
  readonly gapMs: number;
  /** Largest recent deviation from it (ms). */
  readonly spreadMs: number;
  /** Share of recent gaps equal to it, 0 to 1. */
  readonly share: number;
}

/**
 * Inter-arrival gaps of a function, as a histogram with exponential decay; predicts the idle age at which the next
 * arrival comes. Under 3 KiB each; {@link Arrivals.arrived} costs nanoseconds for gaps under a second, and otherwise
 * one pass over at most {@link AGE_BINS} numbers.
 */
export class Arrivals {
  /** Number of arrivals. */
  count = 0;
  /** Time of the last arrival; -Infinity before the first. */
  last: MonotonicMs = -Infinity;
  /** Changes whenever an input of the predictions changes. */
  changes = 0;
  /** Mean number of arrivals that would wait for the same cold start, after a gap of a second or more. */
  burst = 1;
  /** Per bin, decayed: number of gaps that reached it, and of gaps that ended in it. */
  readonly #reached: Float32Array = new Float32Array(AGE_BINS);
  readonly #ended: Float32Array = new Float32Array(AGE_BINS);
  /** {@link recent} at the time of the last arrival. */
  #recent = 0;
  #burstFrom: MonotonicMs = -Infinity;
  #burstSize = 0;
  #steadyMs = 0;
  #steadySpreadMs = 0;
  #steadyShare = 0;

  arrived(now: MonotonicMs): void {
    const gapMs = Math.max(0, now - this.last);
    this.last = Math.max(now, this.last);
    this.#recent = this.#recent * Math.exp(-gapMs / RECENT_MS) + 1;
    if (this.count++ === 0) this.changes++;
    else if (gapMs >= SHORT_MS) this.#learn(gapMs);
    if (gapMs >= SHORT_MS) this.#beginBurst(now);
    else if (now - this.#burstFrom < BURST_MS) this.#burstSize++;
  }

  /** Begins the next gap at `now`, until which the sandbox of the last arrival was in use. */
  lasted(now: MonotonicMs): void {
    this.last = Math.max(now, this.last);
  }

  /** Exponentially decayed arrival count at `now` (time constant 10 min). */
  recent(now: MonotonicMs): number {
    return this.count === 0 ? 0 : this.#recent * Math.exp(-Math.max(0, now - this.last) / RECENT_MS);
  }

  /** Decayed number of gaps that reached this bin. 0 for the first bin: short gaps are not counted. */
  reached(bin: number): number {
    return this.#reached[bin] ?? 0;
  }

  /** Those of {@link reached} that ended in the bin. */
  ended(bin: number): number {
    return this.#ended[bin] ?? 0;
  }

  /** Dominant recent inter-arrival gap, or undefined. Ignores gaps under 1 s. */
  steady(): SteadyGap | undefined {
    if (this.#steadyShare < LEAST_SHARE) return undefined;
    return { gapMs: this.#steadyMs, spreadMs: this.#steadySpreadMs, share: this.#steadyShare };
  }

  #beginBurst(now: MonotonicMs): void {
    if (this.#burstSize > 0) this.burst += BURST_ALPHA * (this.#burstSize - this.burst);
    this.#burstFrom = now;
    this.#burstSize = 1;
  }

  /** Decays only the bins that the gap passed, so that many short gaps do not erase the long ones. */
  #learn(gapMs: number): void {
    this.changes++;
    const end = ageBin(gapMs);
    const reached = this.#reached;
    const ended = this.#ended;
    for (let bin = 1; bin <= end; bin++) {
      reached[bin] = (reached[bin] ?? 0) * FADE + 1;
      ended[bin] = (ended[bin] ?? 0) * FADE;
    }
    ended[end] = (ended[end] ?? 0) + 1;
    this.#learnSteady(gapMs);
  }

  #learnSteady(gapMs: number): void {
    const tolerance = Math.max(STEADY_TOLERANCE * this.#steadyMs, LEAST_TOLERANCE_MS);
    const off = Math.abs(gapMs - this.#steadyMs);
    if (off <= tolerance) {
      this.#steadyShare += STEADY_ALPHA * (1 - this.#steadyShare);
      this.#steadySpreadMs = Math.max(off, this.#steadySpreadMs * (1 - STEADY_ALPHA));
      this.#steadyMs += STEADY_ALPHA * (gapMs - this.#steadyMs);
      return;
    }
    this.#steadyShare -= STEADY_ALPHA * this.#steadyShare;
    if (this.#steadyShare >= FIRST_SHARE) return;
    this.#steadyMs = gapMs;
    this.#steadySpreadMs = STEADY_TOLERANCE * gapMs;
    this.#steadyShare = FIRST_SHARE;
  }
}
