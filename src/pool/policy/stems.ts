import type { MonotonicMs } from '../../kit/index.ts';

/** The use of one kind of stem. */
export interface StemKind {
  /** When a function of this kind was last deployed or a stem of it was last requested. */
  readonly lastUsedAt: MonotonicMs;
  /** Times of recent requests for its stems, ascending. */
  readonly acquiredAt: readonly MonotonicMs[];
  readonly memoryMiB: number;
  /** Number of consecutive failures, and the time of the last. */
  readonly failures: number;
  readonly failedAt: MonotonicMs;
}

export interface StemMachine {
  readonly now: MonotonicMs;
  /** Memory limits of everything but stems, MiB. */
  readonly usedMiB: number;
  /** Bound of all memory limits together, MiB. */
  readonly budgetMiB: number;
}

export interface StemPlan {
  /** Number of stems of each kind, in the given order. */
  readonly wanted: readonly number[];
  /** Time until the plan changes without an event (ms); undefined if it does not. */
  readonly recheckInMs: number | undefined;
}

/** A kind unused for this long gets no stems (ms). */
const STEM_UNUSED_MS = 86_400_000;
/** Requests within this time count as one burst (ms). */
const STEM_BURST_MS = 10_000;
/** How long the size of a burst sets the number of stems (ms). */
const STEM_BURST_KEEP_MS = 60_000;
/** Most stems of one kind. */
const MOST_STEMS = 4;
/** Most of the memory budget that all stems may hold, 0 to 1. */
const STEM_SHARE = 0.25;
/** Back-off after the first failure of a kind (ms); doubled with each further one. */
const REST_MS = 1000;
const LONGEST_REST_MS = 300_000;

/**
 * Returns how many stems to keep ready: one for each kind in use, or as many as the largest burst of the last minute
 * requested, up to {@link MOST_STEMS}; none for a kind unused for long or backing off. When memory is short, each kind
 * gets its first stem before any gets another, most recently used kinds first.
 */
export function stemsWanted(kinds: readonly StemKind[], machine: StemMachine): StemPlan {
  const { now } = machine;
  const wanted = kinds.map(() => 0);
  const asked = kinds.map((kind) => stemsAsked(kind, now));
  const order = kinds.map((_, at) => at).sort((a, b) => (kinds[b]?.lastUsedAt ?? 0) - (kinds[a]?.lastUsedAt ?? 0));
  let leftMiB = Math.min(STEM_SHARE * machine.budgetMiB, machine.budgetMiB - machine.usedMiB);
  for (let round = 0; round < MOST_STEMS; round++) {
    for (const at of order) {
      const memoryMiB = kinds[at]?.memoryMiB ?? 0;
      if ((asked[at] ?? 0) <= round || wanted[at] !== round || memoryMiB > leftMiB) continue;
      wanted[at] = round + 1;
      leftMiB -= memoryMiB;
    }
  }
  const changes = kinds.flatMap((kind) => changesOf(kind)).filter((at) => at > now);
  return { wanted, recheckInMs: changes.length === 0 ? undefined : Math.min(...changes) - now };
}

/** When the back-off of a kind ends. */
function restsUntil({ failures, failedAt }: StemKind): MonotonicMs {
  return failures === 0 ? -Infinity : failedAt + Math.min(LONGEST_REST_MS, REST_MS * 2 ** (failures - 1));
}

/** Number of stems to keep for one kind. */
function stemsAsked(kind: StemKind, now: MonotonicMs): number {
  if (now - kind.lastUsedAt >= STEM_UNUSED_MS || now < restsUntil(kind)) return 0;
  // After a failure a single one is tried.
  if (kind.failures > 0) return 1;
  return Math.max(1, Math.min(MOST_STEMS, largestBurst(kind.acquiredAt, now)));
}

/** Most requests within {@link STEM_BURST_MS} in the last {@link STEM_BURST_KEEP_MS}. */
function largestBurst(acquiredAt: readonly MonotonicMs[], now: MonotonicMs): number {
  let most = 0;
  let from = 0;
  for (const [to, at] of acquiredAt.entries()) {
    if (now - at >= STEM_BURST_KEEP_MS) {
      from = to + 1;
      continue;
    }
    while (at - (acquiredAt[from] ?? at) >= STEM_BURST_MS) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** Times at which the plan for one kind may change without an event. */
function changesOf(kind: StemKind): MonotonicMs[] {
  const changes = [kind.lastUsedAt + STEM_UNUSED_MS, restsUntil(kind)];
  const first = kind.acquiredAt.length > 1 ? kind.acquiredAt.map((at) => at + STEM_BURST_KEEP_MS) : [];
  return [...changes, ...first];
}
