import type { MonotonicMs } from '../../kit/index.ts';
import { AGE_BINS, AGE_STARTS, type Arrivals } from './arrivals.ts';

/** What keeping a sandbox warm costs, and what it saves. */
export interface KeepCosts {
  /** What a request waits for when no sandbox is warm, ms. */
  readonly coldMs: number;
  /** What an idle sandbox holds. */
  readonly memoryMiB: number;
  /** Requests that one sandbox serves at once, and so at most wait for it together; 1 when left out. */
  readonly concurrency?: number;
  /** Milliseconds of waiting that one would cause to have a GiB free for a second; {@link KEEP_PRICE} when left out. */
  readonly price?: number;
}

/** How long to keep an idle sandbox, and whether to make one again before it is asked for. Measured since the last arrival. */
export interface KeepWindows {
  readonly keepMs: number;
  /** When to have one again; Infinity: not before it is asked for. */
  readonly prewarmAfterMs: number;
  /** How long to keep that one without an arrival. */
  readonly prewarmKeepMs: number;
}

/** The price of memory: see docs/simulator.md for how it was chosen. */
const KEEP_PRICE = 1.2;
/** A cold start costs this much beside its wait, ms: processor time, and what the sandbox had in its memory. */
const COLD_EXTRA_MS = 100;
/** What a start costs that nobody waits for, as a share of one that somebody waits for. */
const AHEAD_SHARE = 0.03;
/** A sandbox is kept at least this long, ms. */
const LEAST_KEEP_MS = 1024;
/** A sandbox that is made before its time is there this much earlier, beside the time it takes to make, ms. */
const AHEAD_MS = 1500;
/** How long after its time a request that was foreseen exactly is waited for, ms. */
const LATE_MS = 5000;
/** How many steady gaps' worth of spread is waited for on both sides. */
const SPREADS = 1.5;

/**
 * What is taken for granted of a function that nothing is known of: the longer it was not called the less likely it is
 * called in the next second, P(gap > t) = (1 + t / 60 s)^-0.3, which is what a mixture of very different rates looks like.
 * It weighs as much as {@link PRIOR_WEIGHT} observed gaps.
 */
const PRIOR_SCALE_MS = 60_000;
const PRIOR_SHAPE = 0.3;
const PRIOR_WEIGHT = 2;
/** What is true of a bin is taken to be true of its neighbours, with as much weight as this many gaps. */
const BIN_WEIGHT = 3;
/** Bins that count as neighbours: those of one doubling. */
const OCTAVE = 8;

/** Per bin: how likely a gap that got so far ends in it, of a function that nothing is known of. */
const PRIOR: Float64Array = Float64Array.from({ length: AGE_BINS }, (_, bin) => {
  const from = at(AGE_STARTS, bin);
  const to = at(AGE_STARTS, bin + 1);
  return 1 - ((PRIOR_SCALE_MS + from) / (PRIOR_SCALE_MS + to)) ** PRIOR_SHAPE;
});

// Room to reckon in; nothing in it outlives a call.
/** Per bin: how likely no arrival came before it, and what keeping a sandbox through it is worth, ms. */
const alive = new Float64Array(AGE_BINS + 1);
const worth = new Float64Array(AGE_BINS);
/** Per bin: the best that a window beginning there is worth, and where it ends; the best of all that begin there or later, and where. */
const windowWorth = new Float64Array(AGE_BINS + 1);
const windowEnd = new Int32Array(AGE_BINS + 1);
const bestWorth = new Float64Array(AGE_BINS + 1);
const bestFrom = new Int32Array(AGE_BINS + 1);

/** A number of the above; 0 beyond their end. */
function at(numbers: Float64Array | Int32Array, bin: number): number {
  return numbers[bin] ?? 0;
}

/**
 * How long a sandbox is worth its memory. Keeping one through some seconds of idle age is worth the chance that the next arrival
 * comes in them times what a cold start costs, less the price of the memory for the time it is held. Of all ways to keep
 * it up to some age and to have one again from some later age on, the one that is worth most: a function called every
 * quarter of an hour is let go and made again just before; one that is called often at no special time is kept through its
 * gaps; one that is called now and then is let go soon; of one that nothing is known of, after about ten minutes.
 * @param nextAt when the next arrival is known exactly, by a schedule
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

/** Whether a sandbox is to be ready at `now` for an arrival that is known to come at `nextAt`: from shortly before it until it is late. */
export function isExpectedAround(now: MonotonicMs, nextAt: MonotonicMs, coldMs: number): boolean {
  return now >= nextAt - AHEAD_MS - coldMs && now < nextAt + LATE_MS;
}

/** Whether one that is kept as `windows` say is there so long after the last arrival. */
export function isKept({ keepMs, prewarmAfterMs, prewarmKeepMs }: KeepWindows, ageMs: number): boolean {
  return ageMs < keepMs || (ageMs >= prewarmAfterMs && ageMs < prewarmAfterMs + prewarmKeepMs);
}

/** Whether one is to be made if there is none so long after the last arrival. */
export function isPrewarmTime({ prewarmAfterMs, prewarmKeepMs }: KeepWindows, ageMs: number): boolean {
  return ageMs >= prewarmAfterMs && ageMs < prewarmAfterMs + prewarmKeepMs;
}

/** The next age after this one at which the answer of the two above changes; Infinity when it stays. */
export function nextTurn({ keepMs, prewarmAfterMs, prewarmKeepMs }: KeepWindows, ageMs: number): number {
  if (ageMs < keepMs) return keepMs;
  if (ageMs < prewarmAfterMs) return prewarmAfterMs;
  return ageMs < prewarmAfterMs + prewarmKeepMs ? prewarmAfterMs + prewarmKeepMs : Infinity;
}

interface Valued {
  readonly windows: KeepWindows;
  readonly worth: number;
}

/** Fills in what each bin is worth. */
function weigh(arrivals: Arrivals, costMs: number, rentPerMs: number): void {
  let left = 1;
  let liveliness = 1;
  for (let bin = 0; bin < AGE_BINS; bin++) {
    if ((bin - 1) % OCTAVE === 0) liveliness = livelinessFrom(arrivals, bin);
    const expected = Math.min(1, at(PRIOR, bin) * liveliness);
    const chance = (arrivals.ended(bin) + BIN_WEIGHT * expected) / (arrivals.reached(bin) + BIN_WEIGHT);
    const widthMs = at(AGE_STARTS, bin + 1) - at(AGE_STARTS, bin);
    alive[bin] = left;
    // An arrival within the bin comes in its middle, on average. The last bin never ends, and is never worth it.
    worth[bin] = left * (chance * costMs - rentPerMs * widthMs * (1 - chance / 2));
    left *= 1 - chance;
  }
  worth[AGE_BINS - 1] = -Infinity;
  alive[AGE_BINS] = left;
}

/** How many times as many gaps end in the doubling from this bin on as those of a function that nothing is known of. */
function livelinessFrom(arrivals: Arrivals, from: number): number {
  let expected = 0;
  let ended = 0;
  for (let bin = from; bin < Math.min(from + OCTAVE, AGE_BINS); bin++) {
    expected += (arrivals.reached(bin) + PRIOR_WEIGHT) * at(PRIOR, bin);
    ended += arrivals.ended(bin) + PRIOR_WEIGHT * at(PRIOR, bin);
  }
  return ended / expected;
}

/** Fills in, for every bin, the best window that begins there or later. */
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

/** The best of: keep up to the start of a bin, and perhaps have one again for some bins after a pause. */
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

/** How long to keep one when nothing is made ahead, at most up to an age, and what that is worth. */
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

/** The best when the next arrival comes one steady gap after the last, or undefined when there is no such gap. */
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

/** The best when the next arrival comes exactly so long after the last one. */
function scheduled(afterMs: number, coldMs: number, costMs: number, rentPerMs: number): KeepWindows {
  const fromMs = afterMs - AHEAD_MS - coldMs;
  const untilMs = afterMs + LATE_MS;
  const { keepMs } = bestKeep(Infinity);
  // Others may call it too; for their sake it is kept as long as without a schedule.
  const isCheaperKept = rentPerMs * Math.max(0, fromMs - keepMs) <= AHEAD_SHARE * costMs;
  if (isCheaperKept) return { keepMs: Math.max(keepMs, untilMs), prewarmAfterMs: Infinity, prewarmKeepMs: 0 };
  return { keepMs, prewarmAfterMs: fromMs, prewarmKeepMs: untilMs - fromMs };
}
