/**
 * Decisions of the pool as pure functions of plain numbers, so that tests (and a simulator) can drive them without
 * sandboxes or clocks. All times in milliseconds.
 */

export interface Demand {
  /** Requests in the queue. */
  readonly waiting: number;
  /** How long the oldest of them has waited. */
  readonly oldestWaitMs: number;
  /** Sandboxes of this revision that run something. */
  readonly busy: number;
  /** Sandboxes of this revision on their way. */
  readonly starting: number;
  /** Average time one invocation takes, or undefined before the first. */
  readonly serviceMs: number | undefined;
  /** Average time from asking for a sandbox to having it. */
  readonly coldMs: number;
  /** Sandboxes this function may still add. */
  readonly room: number;
  /** Sandboxes the machine can boot beside those that are booting now. */
  readonly bootRoom: number;
  /** Processor cores. */
  readonly cores: number;
}

/** While there are cores to spare, a queue that takes longer than this to serve is worth another sandbox, ms. */
const CORE_WAIT_MS = 5;

/**
 * How many sandboxes to start now. A start pays when waiting for the ones that exist would take longer than booting
 * another, and, while fewer run than there are cores, when it would take long at all. A queue whose head has waited
 * longer than a boot although nothing boots is stuck behind something: then one more. Never more than requests that
 * have no start of their own yet, than the function's limit leaves, than can boot.
 */
export function startsWanted(d: Demand): number {
  const unserved = d.waiting - d.starting;
  const most = Math.min(unserved, d.room, d.bootRoom);
  if (most <= 0) return 0;
  const servers = d.busy + d.starting;
  // Before the first measurement nothing is known of the function: it may sleep for a minute.
  if (d.serviceMs === undefined) return most;
  const wanted = Math.ceil((d.waiting * d.serviceMs) / Math.max(d.coldMs, 1));
  const byWait = wanted > servers ? wanted - servers : 0;
  const byAge = d.starting === 0 && d.oldestWaitMs > d.coldMs ? 1 : 0;
  const expectedMs = (d.waiting * d.serviceMs) / Math.max(servers, 1);
  const byCores = servers === 0 || (servers < d.cores && expectedMs > CORE_WAIT_MS) ? 1 : 0;
  return Math.min(most, Math.max(byWait, byAge, byCores));
}

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

export interface IdleSandbox {
  /** Monotonic time of its last use. */
  readonly idleSince: number;
  readonly idleTimeoutMs: number;
  /** Monotonic time since when no pointer leads to its version, or undefined. */
  readonly retiredSince: number | undefined;
  readonly memoryMiB: number;
}

/** A sandbox of a version nobody points at any more is kept this long, so that a quick rollback finds it warm. */
export const RETIRED_KEEP_MS = 60_000;

/** Whether an idle sandbox has outlived its use at monotonic time `now`. */
export function isExpired(s: IdleSandbox, now: number): boolean {
  if (now - s.idleSince >= s.idleTimeoutMs) return true;
  return s.retiredSince !== undefined && now - Math.max(s.idleSince, s.retiredSince) >= RETIRED_KEEP_MS;
}

/**
 * Which idle sandboxes to end so that `neededMiB` fit under `budgetMiB` beside `usedMiB`: retired ones first, then the
 * longest idle; only as many as needed. Undefined when even all of them would not do.
 */
export function chooseEvictions<S extends IdleSandbox>(
  idle: readonly S[],
  usedMiB: number,
  neededMiB: number,
  budgetMiB: number,
): readonly S[] | undefined {
  let excess = usedMiB + neededMiB - budgetMiB;
  if (excess <= 0) return [];
  const candidates = [...idle].sort(
    (a, b) => Number(b.retiredSince !== undefined) - Number(a.retiredSince !== undefined) || a.idleSince - b.idleSince,
  );
  const chosen: S[] = [];
  for (const s of candidates) {
    if (excess <= 0) break;
    chosen.push(s);
    excess -= s.memoryMiB;
  }
  return excess <= 0 ? chosen : undefined;
}
