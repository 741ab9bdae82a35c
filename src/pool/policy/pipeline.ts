import { Ewma } from '../../kit/index.ts';

/** Waiting this long behind another invocation is no worse than waking a process that sleeps, ms. */
export const WAKE_MS = 0.5;
/** Most invocations sent to one sandbox ahead of time, beside the one that runs. */
const MOST_AHEAD = 31;
/** Together they may make the last of them wait about this long, ms. */
const AHEAD_MS = 2;
/** An invocation that took longer was a slow one, ms. */
const QUICK_MS = 5;
/** A version gets nothing sent ahead while more of its recent invocations than this were slow. */
const MOST_SLOW = 0.02;
/** Weight of the last invocation in that share. */
const SLOW_WEIGHT = 1 / 200;
/** What is measured of one invocation counts up to here, ms: a process that lost its processor for a moment says nothing of the handler. */
const MOST_COUNTED_MS = 1.25 * AHEAD_MS;

/** How quick a version's invocations are, as far as it matters for sending ahead. */
export class Quickness {
  /** What one takes as a rule, ms; undefined before the first. */
  readonly typical: Ewma = new Ewma(0.1);
  /** Share of the recent ones that were slow. */
  slowShare = 0;

  /** One took so long. */
  served(ms: number): void {
    this.typical.add(Math.min(ms, MOST_COUNTED_MS));
    this.slowShare += SLOW_WEIGHT * ((ms > QUICK_MS ? 1 : 0) - this.slowShare);
  }

  /** One that was sent ahead was taken back, because the one before it is no quick one: nothing is sent ahead for a while. */
  recalled(): void {
    this.slowShare = Math.max(this.slowShare, 2 * MOST_SLOW);
  }
}

/**
 * How many invocations one sandbox may hold at once: the one that runs, and those that wait inside it so that it never
 * idles while an answer and the next event travel. They still run one at a time. Only for versions that answered
 * quickly of late with next to no exception: what waits inside a sandbox cannot take another one that is free first.
 */
export function pipelineDepth({ typical, slowShare }: Quickness): number {
  if (typical.value === undefined || slowShare > MOST_SLOW) return 1;
  return 1 + Math.min(MOST_AHEAD, Math.floor(AHEAD_MS / Math.max(typical.value, 0.01)));
}
