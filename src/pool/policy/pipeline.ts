import { Ewma } from '../../kit/index.ts';

/** Time to wake a sleeping process (ms): waiting no longer than this behind another invocation costs nothing. */
export const WAKE_MS = 0.5;
/** Most invocations sent ahead to one sandbox, beside the one that runs. */
const MOST_AHEAD = 31;
/** Bound of the expected wait of the last one sent ahead (ms). */
const AHEAD_MS = 2;
/** Invocations that take longer count as slow (ms). */
const QUICK_MS = 5;
/** Nothing is sent ahead for a version with a larger share of slow invocations. */
const MOST_SLOW = 0.02;
/** Weight of one invocation in that share. */
const SLOW_WEIGHT = 1 / 200;
/** Upper clamp of one sample (ms); longer ones are mostly preemption, not the handler. */
const MOST_COUNTED_MS = 1.25 * AHEAD_MS;

/** Recent durations of a version's invocations, as sending ahead needs them. */
export class Quickness {
  /** Moving average of the clamped duration (ms). */
  readonly typical: Ewma = new Ewma(0.1);
  /** Decayed share of slow invocations, 0 to 1. */
  slowShare = 0;

  /** Records the duration of one invocation (ms). */
  served(ms: number): void {
    this.typical.add(Math.min(ms, MOST_COUNTED_MS));
    this.slowShare += SLOW_WEIGHT * ((ms > QUICK_MS ? 1 : 0) - this.slowShare);
  }

  /**
   * Records that an invocation sent ahead returned unstarted from behind a slow one: nothing is sent ahead for a while.
   */
  recalled(): void {
    this.slowShare = Math.max(this.slowShare, 2 * MOST_SLOW);
  }
}

/**
 * Returns how many invocations a sandbox that runs one at a time may hold: the running one, and those sent ahead so
 * that it does not idle for a round trip. More than 1 only for versions that are reliably quick, because of
 * head-of-line blocking: what waits inside a sandbox cannot move to one that becomes free.
 */
export function pipelineDepth({ typical, slowShare }: Quickness): number {
  if (typical.value === undefined || slowShare > MOST_SLOW) return 1;
  return 1 + Math.min(MOST_AHEAD, Math.floor(AHEAD_MS / Math.max(typical.value, 0.01)));
}
