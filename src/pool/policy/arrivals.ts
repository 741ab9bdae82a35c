import type { MonotonicMs } from '../../kit/index.ts';

/** Gaps up to here are the first bin, ms: nothing is let go and made again within a second. */
const SHORT_MS = 1024;
const SHORT_BITS = 10;
/** Gaps from here on are the last bin, ms: about 37 hours. */
const LONG_MS = 2 ** 27;
/** Bins per doubling of the gap. */
const STEPS = 8;
const STEP_BITS = 3;

/** How many bins there are: the first is [0, 1 s), then eight for each doubling, the last has no end. */
export const AGE_BINS = 2 + (27 - SHORT_BITS) * STEPS;

/** Which bin a gap belongs to. O(1), no logarithm. */
function ageBin(ms: number): number {
  if (!(ms >= SHORT_MS)) return 0;
  if (ms >= LONG_MS) return AGE_BINS - 1;
  const octave = 31 - Math.clz32(ms);
  return 1 + (octave - SHORT_BITS) * STEPS + ((ms >>> (octave - STEP_BITS)) & (STEPS - 1));
}

/** Where each bin begins, ms, and behind the last one where that ends: Infinity. */
export const AGE_STARTS: Float64Array = Float64Array.from({ length: AGE_BINS + 1 }, (_, bin) => {
  if (bin === 0) return 0;
  if (bin > AGE_BINS - 1) return Infinity;
  return (STEPS + ((bin - 1) % STEPS)) * 2 ** (SHORT_BITS + Math.floor((bin - 1) / STEPS) - STEP_BITS);
});

/** What stays of the weight of earlier gaps when a new one is counted. So about the last 64 decide. */
const FADE = 63 / 64;
/** The time constant of {@link Arrivals.recent}, ms. */
const RECENT_MS = 600_000;

/** Arrivals this soon after one that followed a gap of a second would wait for the same cold start, ms. */
const BURST_MS = 300;
const BURST_ALPHA = 0.1;

/** A gap this much off the steady one still counts as it; and at least this much. */
const STEADY_TOLERANCE = 0.05;
const LEAST_TOLERANCE_MS = 500;
/** How fast it is learned that gaps are steady, and what is needed to say so: four in a row. */
const STEADY_ALPHA = 0.2;
const FIRST_SHARE = 0.3;
const LEAST_SHARE = 0.7;

/** Gaps that are nearly all the same. */
export interface SteadyGap {
  readonly gapMs: number;
  /** How far off it they were of late, at most, ms. */
  readonly spreadMs: number;
  /** Which share of the gaps were it, of late; 0 to 1. */
  readonly share: number;
}

/**
 * When a function is called: how long the gaps between one arrival and the next are, as far as they tell at which idle age
 * the next arrival can be expected. Old behaviour fades. Under 3 KiB each; {@link Arrivals.arrived} costs some nanoseconds
 * while gaps are under a second, and a pass over at most {@link AGE_BINS} numbers otherwise.
 */
export class Arrivals {
  /** How many there were. */
  count = 0;
  /** Time of the last one; -Infinity before the first. */
  last: MonotonicMs = -Infinity;
  /** Changes whenever what can be foreseen does. */
  changes = 0;
  /** How many come at once, on average, when some come after a gap of a second: all that a cold start would keep waiting. */
  burst = 1;
  /** Per bin: gaps that were at least so long, and those of them that ended in it; older ones weigh less. */
  readonly #reached: Float32Array = new Float32Array(AGE_BINS);
  readonly #ended: Float32Array = new Float32Array(AGE_BINS);
  /** As {@link recent}, at the time of the last arrival. */
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

  /** What the last arrival asked for is in use until now: the next gap begins here. */
  lasted(now: MonotonicMs): void {
    this.last = Math.max(now, this.last);
  }

  /** Arrivals of late at time `now`: each counts 1 when it comes and fades to a third in ten minutes. */
  recent(now: MonotonicMs): number {
    return this.count === 0 ? 0 : this.#recent * Math.exp(-Math.max(0, now - this.last) / RECENT_MS);
  }

  /** Gaps of late that were at least as long as where this bin begins. The first bin knows none: short gaps are not counted. */
  reached(bin: number): number {
    return this.#reached[bin] ?? 0;
  }

  /** Those of {@link reached} that ended within the bin. */
  ended(bin: number): number {
    return this.#ended[bin] ?? 0;
  }

  /** The gap that nearly all gaps of late were, or undefined. Gaps under a second do not count. */
  steady(): SteadyGap | undefined {
    if (this.#steadyShare < LEAST_SHARE) return undefined;
    return { gapMs: this.#steadyMs, spreadMs: this.#steadySpreadMs, share: this.#steadyShare };
  }

  #beginBurst(now: MonotonicMs): void {
    if (this.#burstSize > 0) this.burst += BURST_ALPHA * (this.#burstSize - this.burst);
    this.#burstFrom = now;
    this.#burstSize = 1;
  }

  /** A gap teaches about the ages it lived through only: many short ones do not make the long ones forgotten. */
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
