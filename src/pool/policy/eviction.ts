import type { MonotonicMs } from '../../kit/index.ts';

/** A sandbox of a version without pointers is kept this long, so that a quick rollback finds it warm (ms). */
export const RETIRED_KEEP_MS = 60_000;

/** Whether a sandbox of a version without pointers has been idle for {@link RETIRED_KEEP_MS} since. */
export function isRetiredExpired(
  s: { readonly idleSince: MonotonicMs; readonly retiredSince: MonotonicMs | undefined },
  now: MonotonicMs,
): boolean {
  return s.retiredSince !== undefined && now - Math.max(s.idleSince, s.retiredSince) >= RETIRED_KEEP_MS;
}

/** Inputs of the priority of a warm sandbox. */
export interface Worth {
  /** Call rate of its function, in the same unit for all sandboxes. */
  readonly frequency: number;
  /** Duration of a cold start, ms. */
  readonly coldMs: number;
  readonly memoryMiB: number;
}

/**
 * Priority of a sandbox that becomes idle by Greedy-Dual-Size-Frequency, as FaasCache applies it to functions (doi
 * 10.1145/3445814.3446757): the cost it saves per MiB, plus the clock, which is the highest priority evicted so far.
 * The clock lowers the relative priority of unused sandboxes.
 */
export function greedyDualPriority(clock: number, { frequency, coldMs, memoryMiB }: Worth): number {
  return clock + (frequency * coldMs) / Math.max(memoryMiB, 1);
}

export interface Evictable {
  /** {@link greedyDualPriority} when it became idle. */
  readonly priority: number;
  readonly memoryMiB: number;
  /** Time since which no pointer leads to its version, or undefined. */
  readonly retiredSince: MonotonicMs | undefined;
}

export interface Evictions<S> {
  readonly evicted: readonly S[];
  /** Greedy-dual's clock after the eviction; never decreases. */
  readonly clock: number;
}

/**
 * Chooses idle sandboxes to evict so that `missingMiB` become free: retired ones first, then by ascending priority,
 * ties in the given order. Chooses no more than needed, and none if all together do not suffice.
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
    // The old priority of a retired version must not age the others.
    if (s.retiredSince === undefined) inflated = Math.max(inflated, s.priority);
  }
  return left <= 0 ? { evicted, clock: inflated } : { evicted: [], clock };
}
