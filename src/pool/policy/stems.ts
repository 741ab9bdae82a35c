import type { MonotonicMs } from '../../kit/index.ts';

/** How one kind of stem is used. */
export interface StemKind {
  /** When a function of this kind was last deployed or a stem of it was last asked for. */
  readonly lastUsedAt: MonotonicMs;
  /** When stems of it were asked for of late, in order of time. */
  readonly acquiredAt: readonly MonotonicMs[];
  readonly memoryMiB: number;
  /** Failures in a row, and when the last one was. */
  readonly failures: number;
  readonly failedAt: MonotonicMs;
}

export interface StemMachine {
  readonly now: MonotonicMs;
  /** Memory promised to everything but stems, MiB. */
  readonly usedMiB: number;
  /** Memory for everything together, MiB. */
  readonly budgetMiB: number;
}

export interface StemPlan {
  /** How many stems each kind should have, in the order they were given. */
  readonly wanted: readonly number[];
  /** When the answer changes by itself, ms from now; undefined when it does not. */
  readonly recheckInMs: number | undefined;
}

/** A kind nobody asked for in this time gets no stems, ms. */
const STEM_UNUSED_MS = 86_400_000;
/** Askings within this time count as one burst, ms. */
const STEM_BURST_MS = 10_000;
/** How long the number that a burst called for is kept up, ms. */
const STEM_BURST_KEEP_MS = 60_000;
/** Most stems of one kind. */
const MOST_STEMS = 4;
/** Share of the memory budget that stems may take together. */
const STEM_SHARE = 0.25;
/** How long a kind rests after its first failure, ms; doubled with every further one. */
const REST_MS = 1000;
const LONGEST_REST_MS = 300_000;

/**
 * How many stems to have ready. One for each kind in use, as many as the largest burst of the last minute took at once up to
 * {@link MOST_STEMS}; none for a kind unused for long or resting after failures. The kinds used last are served first when
 * the share of the memory budget does not do for all, and nothing is given that does not fit beside what is in use: first
 * one to each, then what bursts ask for.
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

/** When a kind may be tried again after its failures. */
function restsUntil({ failures, failedAt }: StemKind): MonotonicMs {
  return failures === 0 ? -Infinity : failedAt + Math.min(LONGEST_REST_MS, REST_MS * 2 ** (failures - 1));
}

/** How many stems one kind calls for. */
function stemsAsked(kind: StemKind, now: MonotonicMs): number {
  if (now - kind.lastUsedAt >= STEM_UNUSED_MS || now < restsUntil(kind)) return 0;
  // Where it failed, one is tried first.
  if (kind.failures > 0) return 1;
  return Math.max(1, Math.min(MOST_STEMS, largestBurst(kind.acquiredAt, now)));
}

/** Most askings within {@link STEM_BURST_MS} of those whose number is still kept up. */
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

/** The points in time at which what one kind calls for may change by itself. */
function changesOf(kind: StemKind): MonotonicMs[] {
  const changes = [kind.lastUsedAt + STEM_UNUSED_MS, restsUntil(kind)];
  const first = kind.acquiredAt.length > 1 ? kind.acquiredAt.map((at) => at + STEM_BURST_KEEP_MS) : [];
  return [...changes, ...first];
}
