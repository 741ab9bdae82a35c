import type { MonotonicMs } from '../../kit/index.ts';

/** A sandbox of a version nobody points at any more is kept this long, so that a quick rollback finds it warm, ms. */
export const RETIRED_KEEP_MS = 60_000;

/** Whether a sandbox of a version nobody points at any more has been idle long enough. */
export function isRetiredExpired(
  s: { readonly idleSince: MonotonicMs; readonly retiredSince: MonotonicMs | undefined },
  now: MonotonicMs,
): boolean {
  return s.retiredSince !== undefined && now - Math.max(s.idleSince, s.retiredSince) >= RETIRED_KEEP_MS;
}

/** What decides how much a warm sandbox is worth. */
export interface Worth {
  /** How often it is used; any measure that is the same for all. */
  readonly frequency: number;
  /** What it costs to make it again, ms. */
  readonly coldMs: number;
  readonly memoryMiB: number;
}

/**
 * Greedy-dual priority of a sandbox that comes to rest: what it saves for what it holds, on top of the clock, which is the
 * priority of what was evicted last. So a sandbox that is not used for long falls behind those that are, whatever it cost.
 * (Greedy-Dual-Size-Frequency, as FaasCache applies it to functions: doi 10.1145/3445814.3446757.)
 */
export function greedyDualPriority(clock: number, { frequency, coldMs, memoryMiB }: Worth): number {
  return clock + (frequency * coldMs) / Math.max(memoryMiB, 1);
}

export interface Evictable {
  /** As {@link greedyDualPriority} gave it when it came to rest. */
  readonly priority: number;
  readonly memoryMiB: number;
  /** Since when no pointer leads to its version, or undefined. */
  readonly retiredSince: MonotonicMs | undefined;
}

export interface Evictions<S> {
  readonly evicted: readonly S[];
  /** Greedy-dual's clock afterwards; never less than before. */
  readonly clock: number;
}

/**
 * Which idle sandboxes to end so that `missingMiB` become free: retired ones first, then those of the least priority,
 * in the given order where that is equal; only as many as needed, and none when even all of them would not do.
 */
export function chooseEvictions<S extends Evictable>(
  idle: readonly S[],
  missingMiB: number,
  clock: number,
): Evictions<S> {
  const candidates = idle.toSorted(
    (a, b) => Number(b.retiredSince !== undefined) - Number(a.retiredSince !== undefined) || a.priority - b.priority,
  );
  const evicted: S[] = [];
  let left = missingMiB;
  let inflated = clock;
  for (const s of candidates) {
    if (left <= 0) break;
    evicted.push(s);
    left -= s.memoryMiB;
    // What a version that nobody calls any more was once worth says nothing about the others.
    if (s.retiredSince === undefined) inflated = Math.max(inflated, s.priority);
  }
  return left <= 0 ? { evicted, clock: inflated } : { evicted: [], clock };
}
