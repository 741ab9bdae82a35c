import type { MonotonicMs } from '../../kit/index.ts';
import { AGE_BINS, AGE_STARTS, type Arrivals } from './arrivals.ts';

/** Costs and savings of keeping a sandbox warm. */
export interface KeepCosts {
  /** Duration of a cold start, ms. */
  readonly coldMs: number;
  /** Memory limit of one sandbox. */
  readonly memoryMiB: number;
  /** Requests that one sandbox serves at once, which bounds how many wait for the same cold start; default: 1. */
  readonly concurrency?: number;
  /** Price of holding a GiB for a second, in ms of cold start; default: {@link KEEP_PRICE}. */
  readonly price?: number;
}

/** How long to keep an idle sandbox, and whether to prewarm one again. All times count from the last arrival (ms). */
export interface KeepWindows {
  readonly keepMs: number;
  /** When to prewarm one; Infinity for never. */
  readonly prewarmAfterMs: number;
  /** How long to keep the prewarmed one if no request arrives. */
  readonly prewarmKeepMs: number;
}

/** Default price of memory; docs/simulator.md says how it was chosen. */
const KEEP_PRICE = 1.2;
/** Cost of a cold start beside its duration (ms): processor time and lost in-memory state. */
const COLD_EXTRA_MS = 100;
/** Cost of a prewarmed start, as a share of one on demand. */
const AHEAD_SHARE = 0.03;
/** Minimum time that a sandbox is kept (ms). */
const LEAST_KEEP_MS = 1024;
/** How much earlier than needed a prewarmed sandbox is ready (ms). */
const AHEAD_MS = 1500;
/** How long a scheduled arrival may be late (ms). */
const LATE_MS = 5000;
/** Margin on both sides of a steady gap, as a multiple of its spread. */
const SPREADS = 1.5;

/**
 * Prior distribution of gaps, P(gap > t) = (1 + t / 60 s)^-0.3: a heavy tail, as a mixture of very different rates has.
 * It weighs as much as {@link PRIOR_WEIGHT} observed gaps.
 */
const PRIOR_SCALE_MS = 60_000;
const PRIOR_SHAPE = 0.3;
const PRIOR_WEIGHT = 2;
/** Weight of a bin's neighbours in its estimate, as a number of gaps. */
const BIN_WEIGHT = 3;
/** Bins that count as neighbours: one doubling. */
const OCTAVE = 8;

/** Per bin: prior probability that a gap which reaches the bin ends in it. */
const PRIOR: Float64Array = Float64Array.from({ length: AGE_BINS }, (_, bin) => {
  const from = at(AGE_STARTS, bin);
  const to = at(AGE_STARTS, bin + 1);
  return 1 - ((PRIOR_SCALE_MS + from) / (PRIOR_SCALE_MS + to)) ** PRIOR_SHAPE;
});

// Scratch buffers, overwritten by each call.
/**
 * Per bin: probability that no arrival came before it, and the value of keeping a sandbox through it (ms of cold
 * start).
 */
const alive = new Float64Array(AGE_BINS + 1);
const worth = new Float64Array(AGE_BINS);
/**
 * Per bin: value and end of the best window that begins there; value and begin of the best window that begins there or
 * later.
 */
const windowWorth = new Float64Array(AGE_BINS + 1);
const windowEnd = new Int32Array(AGE_BINS + 1);
const bestWorth = new Float64Array(AGE_BINS + 1);
const bestFrom = new Int32Array(AGE_BINS + 1);

/** Reads a buffer; 0 out of bounds. */
function at(numbers: Float64Array | Int32Array, bin: number): number {
  return numbers[bin] ?? 0;
}

/**
 * Decides how long to keep an idle sandbox. Keeping it through a bin of idle age is worth the probability of an arrival
 * in that bin times the cost of a cold start, less the price of its memory. Returns the best combination of one window
 * from the last arrival on and one later window: a function called every 15 minutes expires and is prewarmed just
 * before; one called often and irregularly is kept through its gaps; one called rarely expires soon; an unknown one
 * after about ten minutes.
 * @param nextAt time of the next arrival announced by a schedule
 */
export function keepWindows(arrivals: Arrivals, costs: KeepCosts, nextAt?: MonotonicMs): KeepWindows {
  const waiting = Math.min(arrivals.burst, costs.concurrency ?? 1);
  const costMs = Math.max(1, waiting) * costs.coldMs + COLD_EXTRA_MS;
  const rentPerMs = ((costs.price ?? KEEP_PRICE) * (costs.memoryMiB / 1024)) / 1000;
  weigh(arrivals, costMs, rentPerMs);
  if (nextAt !== undefined && arrivals.count > 0)
    return scheduled(nextAt - arrivals.last, costs.coldMs, costMs, rentPerMs);
  const binned = bestWindows(costMs);
  const steady = steadyWindows(arrivals, costs.coldMs, costMs, rentPerMs);
  return steady !== undefined && steady.worth > binned.worth ? steady.windows : binned.windows;
}

/**
 * Whether a sandbox must be ready at `now` for an arrival announced for `nextAt`: from shortly before until
 * {@link LATE_MS} after it.
 */
export function isExpectedAround(now: MonotonicMs, nextAt: MonotonicMs, coldMs: number): boolean {
  return now >= nextAt - AHEAD_MS - coldMs && now < nextAt + LATE_MS;
}

/** Whether to keep a sandbox at this time since the last arrival. */
export function isKept({ keepMs, prewarmAfterMs, prewarmKeepMs }: KeepWindows, ageMs: number): boolean {
  return ageMs < keepMs || (ageMs >= prewarmAfterMs && ageMs < prewarmAfterMs + prewarmKeepMs);
}

/** Whether to prewarm a sandbox, if there is none, at this time since the last arrival. */
export function isPrewarmTime({ prewarmAfterMs, prewarmKeepMs }: KeepWindows, ageMs: number): boolean {
  return ageMs >= prewarmAfterMs && ageMs < prewarmAfterMs + prewarmKeepMs;
}

/**
 * Returns the next time since the last arrival at which {@link isKept} or {@link isPrewarmTime} changes; Infinity when
 * neither does.
 */
export function nextTurn({ keepMs, prewarmAfterMs, prewarmKeepMs }: KeepWindows, ageMs: number): number {
  if (ageMs < keepMs) return keepMs;
  if (ageMs < prewarmAfterMs) return prewarmAfterMs;
  return ageMs < prewarmAfterMs + prewarmKeepMs ? prewarmAfterMs + prewarmKeepMs : Infinity;
}

interface Valued {
  readonly windows: KeepWindows;
  readonly worth: number;
}

/** Fills {@link alive} and {@link worth}. */
function weigh(arrivals: Arrivals, costMs: number, rentPerMs: number): void {
  let left = 1;
  let liveliness = 1;
  for (let bin = 0; bin < AGE_BINS; bin++) {
    if ((bin - 1) % OCTAVE === 0) liveliness = livelinessFrom(arrivals, bin);
    const expected = Math.min(1, at(PRIOR, bin) * liveliness);
    const chance = (arrivals.ended(bin) + BIN_WEIGHT * expected) / (arrivals.reached(bin) + BIN_WEIGHT);
    const widthMs = at(AGE_STARTS, bin + 1) - at(AGE_STARTS, bin);
    alive[bin] = left;
    // Arrivals are assumed in the middle of the bin. The last bin has no end and is never worth keeping.
    worth[bin] = left * (chance * costMs - rentPerMs * widthMs * (1 - chance / 2));
    left *= 1 - chance;
  }
  worth[AGE_BINS - 1] = -Infinity;
  alive[AGE_BINS] = left;
}

/** Ratio of observed to prior probability that a gap ends in the doubling that begins with this bin. */
function livelinessFrom(arrivals: Arrivals, from: number): number {
  let expected = 0;
  let ended = 0;
  for (let bin = from; bin < Math.min(from + OCTAVE, AGE_BINS); bin++) {
    expected += (arrivals.reached(bin) + PRIOR_WEIGHT) * at(PRIOR, bin);
    ended += arrivals.ended(bin) + PRIOR_WEIGHT * at(PRIOR, bin);
  }
  return ended / expected;
}

/** Fills the window buffers, from the last bin down. */
function weighWindows(costMs: number): void {
  windowWorth[AGE_BINS] = -Infinity;
  bestWorth[AGE_BINS] = 0;
  bestFrom[AGE_BINS] = AGE_BINS;
  for (let bin = AGE_BINS - 1; bin >= 0; bin--) {
    const further = at(windowWorth, bin + 1);
    windowWorth[bin] = at(worth, bin) + Math.max(0, further);
    windowEnd[bin] = further > 0 ? at(windowEnd, bin + 1) : bin + 1;
    const net = at(windowWorth, bin) - at(alive, bin) * AHEAD_SHARE * costMs;
    const isBetter = net > at(bestWorth, bin + 1);
    bestWorth[bin] = isBetter ? net : at(bestWorth, bin + 1);
    bestFrom[bin] = isBetter ? bin : at(bestFrom, bin + 1);
  }
}

/** Returns the best windows whose bounds are bounds of bins. */
function bestWindows(costMs: number): Valued {
  weighWindows(costMs);
  let sum = 0;
  let most = -Infinity;
  let kept = 1;
  for (let bin = 1; bin < AGE_BINS; bin++) {
    sum += at(worth, bin - 1);
    const total = sum + at(bestWorth, bin);
    if (total <= most) continue;
    most = total;
    kept = bin;
  }
  const from = at(bestFrom, kept);
  const keepMs = at(AGE_STARTS, kept);
  if (from === AGE_BINS) return { windows: { keepMs, prewarmAfterMs: Infinity, prewarmKeepMs: 0 }, worth: most };
  const prewarmAfterMs = at(AGE_STARTS, from);
  const prewarmKeepMs = at(AGE_STARTS, at(windowEnd, from)) - prewarmAfterMs;
  return { windows: { keepMs, prewarmAfterMs, prewarmKeepMs }, worth: most };
}

/** Returns how long to keep a sandbox without prewarming, at most `beforeMs`, and the value of that. */
function bestKeep(beforeMs: number): { readonly keepMs: number; readonly worth: number } {
  let sum = at(worth, 0);
  let most = sum;
  let kept = 1;
  for (let bin = 1; bin < AGE_BINS - 1 && at(AGE_STARTS, bin + 1) < beforeMs; bin++) {
    sum += at(worth, bin);
    if (sum <= most) continue;
    most = sum;
    kept = bin + 1;
  }
  return { keepMs: at(AGE_STARTS, kept), worth: most };
}

/** Returns the best windows if the next arrival comes one steady gap after the last; undefined without a steady gap. */
function steadyWindows(arrivals: Arrivals, coldMs: number, costMs: number, rentPerMs: number): Valued | undefined {
  const steady = arrivals.steady();
  if (steady === undefined) return undefined;
  const earlyMs = SPREADS * steady.spreadMs + AHEAD_MS + coldMs;
  const lateMs = SPREADS * steady.spreadMs + LEAST_KEEP_MS;
  const fromMs = steady.gapMs - earlyMs;
  const untilMs = steady.gapMs + lateMs;
  const { keepMs, worth: keepWorth } = bestKeep(fromMs);
  const saved = keepWorth + steady.share * costMs;
  const held: Valued = {
    windows: { keepMs: untilMs, prewarmAfterMs: Infinity, prewarmKeepMs: 0 },
    worth: saved - rentPerMs * Math.max(0, untilMs - keepMs),
  };
  const again: Valued = {
    windows: { keepMs, prewarmAfterMs: fromMs, prewarmKeepMs: untilMs - fromMs },
    worth: saved - rentPerMs * (untilMs - fromMs) - AHEAD_SHARE * costMs,
  };
  return fromMs > keepMs && again.worth > held.worth ? again : held;
}

/** Returns the best windows if the next arrival comes exactly `afterMs` after the last. */
function scheduled(afterMs: number, coldMs: number, costMs: number, rentPerMs: number): KeepWindows {
  const fromMs = afterMs - AHEAD_MS - coldMs;
  const untilMs = afterMs + LATE_MS;
  const { keepMs } = bestKeep(Infinity);
  // Unscheduled calls may come as well: it is kept at least as long as without a schedule.
  const isCheaperKept = rentPerMs * Math.max(0, fromMs - keepMs) <= AHEAD_SHARE * costMs;
  if (isCheaperKept) return { keepMs: Math.max(keepMs, untilMs), prewarmAfterMs: Infinity, prewarmKeepMs: 0 };
  return { keepMs, prewarmAfterMs: fromMs, prewarmKeepMs: untilMs - fromMs };
}
