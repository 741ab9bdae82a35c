/** Waiting this long behind another invocation is no worse than waking a process that sleeps, ms. */
export const WAKE_MS = 0.5;
/** Most invocations sent to one sandbox ahead of time, beside the one that runs. */
const MOST_AHEAD = 15;
/** Together they may make the last of them wait about this long, ms. */
const AHEAD_MS = 2;
/** A version one of whose recent invocations took longer gets nothing sent ahead, ms. */
const QUICK_MS = 5;

/** What the invocation before a recalled one is taken to last at least: long enough that nothing is sent ahead for a while, ms. */
export const RECALLED_MS = 20;

/**
 * How many invocations one sandbox may hold at once: the one that runs, and those that wait inside it so that it never
 * idles while an answer and the next event travel. They still run one at a time. Only for versions that answered
 * quickly without exception of late: what waits inside a sandbox cannot take another one that is free first.
 */
export function pipelineDepth(serviceMs: number | undefined, slowestMs: number): number {
  if (serviceMs === undefined || slowestMs > QUICK_MS) return 1;
  return 1 + Math.min(MOST_AHEAD, Math.floor(AHEAD_MS / Math.max(serviceMs, 0.01)));
}
