/** What is asked of one version, and what it and the machine have for it. */
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
  /** Average time from asking for a sandbox to having it, without a stem. */
  readonly coldMs: number;
  /** Sandboxes this function may still add. */
  readonly headroom: number;
  /** Sandboxes the machine can boot beside those that are booting now. */
  readonly bootSlots: number;
  /** Processor cores. */
  readonly cores: number;
  /** Invocations one sandbox may run at the same time. */
  readonly concurrency: number;
  /** Stems that wait for a function of this kind: a start that takes one needs no place to boot. */
  readonly stemReady: number;
  /** Average time from taking a stem to having a sandbox. */
  readonly stemMs: number;
}

/** While there are cores to spare, a queue that takes longer than this to serve is worth another sandbox, ms. */
const CORE_WAIT_MS = 5;

/**
 * How many sandboxes to start now. A start pays when waiting for the ones that exist would take longer than making
 * another (through a stem while there are some, else by a boot), and, while fewer run than there are cores, when it
 * would take long at all. A queue whose head has waited longer than that although nothing is on its way is stuck behind
 * something: then one more. Never more than requests that have no start of their own yet, than the function's limit
 * leaves, than can boot or are ready as stems.
 */
export function startsWanted(d: Demand): number {
  const unserved = Math.ceil(d.waiting / d.concurrency) - d.starting;
  const most = Math.min(unserved, d.headroom, Math.max(0, d.bootSlots) + d.stemReady);
  if (most <= 0) return 0;
  const servers = d.busy + d.starting;
  // Before the first measurement nothing is known of the function: it may sleep for a minute.
  if (d.serviceMs === undefined) return most;
  const workMs = (d.waiting * d.serviceMs) / d.concurrency;
  const firstMs = d.stemReady > 0 ? Math.min(d.stemMs, d.coldMs) : d.coldMs;
  const byStems = Math.min(d.stemReady, lacking(workMs, firstMs, servers));
  const byWait = lacking(workMs, d.coldMs, servers);
  const byAge = d.starting === 0 && d.oldestWaitMs > firstMs ? 1 : 0;
  const expectedMs = workMs / Math.max(servers, 1);
  const byCores = servers === 0 || (servers < d.cores && expectedMs > CORE_WAIT_MS) ? 1 : 0;
  return Math.min(most, Math.max(byStems, byWait, byAge, byCores));
}

/** How many more servers get this work done within the time that making one takes. */
function lacking(workMs: number, makeMs: number, servers: number): number {
  return Math.max(0, Math.ceil(workMs / Math.max(makeMs, 1)) - servers);
}
