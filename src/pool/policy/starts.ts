/** The demand for one version, and the supply of sandboxes for it. */
export interface Demand {
  /** Requests in the queue. */
  readonly waiting: number;
  /** How long the oldest of them has waited. */
  readonly oldestWaitMs: number;
  /** Sandboxes of this revision that are busy. */
  readonly busy: number;
  /** Sandboxes of this revision that are not ready yet. */
  readonly starting: number;
  /** Average duration of an invocation; undefined before the first. */
  readonly serviceMs: number | undefined;
  /** Average duration of a cold start without a stem. */
  readonly coldMs: number;
  /** How many more sandboxes the limit of the function allows. */
  readonly headroom: number;
  /** Free boot slots; negative when more sandboxes boot than there are slots. */
  readonly bootSlots: number;
  /** Processor cores. */
  readonly cores: number;
  /** Invocations one sandbox may run at the same time. */
  readonly concurrency: number;
  /** Ready stems of this kind: a start from one needs no boot slot. */
  readonly stemReady: number;
  /** Average duration of a start from a stem. */
  readonly stemMs: number;
}

/** With idle cores, a queue that takes longer than this to serve is worth another sandbox (ms). */
const CORE_WAIT_MS = 5;

/**
 * Returns how many sandboxes to start now. A start pays when the queue would wait longer for the existing sandboxes
 * than for another one (from a stem, else a boot); while fewer run than there are cores, already when it would wait
 * {@link CORE_WAIT_MS}. A queue whose head has waited longer than a start takes, times the sandboxes for each core, while
 * none is starting gets one more.
 * Bounded by the requests that have no start yet, the function's headroom, and boot slots plus ready stems.
 */
export function startsWanted(d: Demand): number {
  const unserved = Math.ceil(d.waiting / d.concurrency) - d.starting;
  const most = Math.min(unserved, d.headroom, Math.max(0, d.bootSlots) + d.stemReady);
  if (most <= 0) return 0;
  const servers = d.busy + d.starting;
  // Before the first measurement an invocation may take any time.
  if (d.serviceMs === undefined) return most;
  const workMs = (d.waiting * d.serviceMs) / d.concurrency;
  const firstMs = d.stemReady > 0 ? Math.min(d.stemMs, d.coldMs) : d.coldMs;
  const byStems = Math.min(d.stemReady, lacking(workMs, firstMs, servers));
  const byWait = lacking(workMs, d.coldMs, servers);
  // Where cores are short, another sandbox slows down the others: each is harder to justify than the one before.
  const patienceMs = firstMs * Math.max(1, servers / d.cores);
  const byAge = d.starting === 0 && d.oldestWaitMs > patienceMs ? 1 : 0;
  const expectedMs = workMs / Math.max(servers, 1);
  const byCores = servers === 0 || (servers < d.cores && expectedMs > CORE_WAIT_MS) ? 1 : 0;
  return Math.min(most, Math.max(byStems, byWait, byAge, byCores));
}

/** Returns how many more servers finish the work within the time that a start takes. */
function lacking(workMs: number, makeMs: number, servers: number): number {
  return Math.max(0, Math.ceil(workMs / Math.max(makeMs, 1)) - servers);
}
