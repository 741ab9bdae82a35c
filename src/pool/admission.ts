import { lamError, type LamError } from '../errors/index.ts';
import type { MonotonicMs } from '../kit/index.ts';
import type { Group } from './group.ts';
import type { PoolRevision } from './revision.ts';

/**
 * A request that no sandbox of its version can serve is refused after waiting this long for memory that others hold
 * (ms).
 */
const MEMORY_WAIT_MS = 10_000;

export interface Admission {
  /** The version's group; undefined before its first request. */
  readonly group: Group | undefined;
  /** Bound of the memory limits of all sandboxes together. */
  readonly budgetMiB: number;
}

/** Returns the error for a request that may not be queued for `revision`, or undefined. */
export function refusalOf(revision: PoolRevision, { group, budgetMiB }: Admission): LamError | undefined {
  const { functionName: name, config } = revision;
  const { maxConcurrency, maxQueue, memoryMiB } = config;
  if (memoryMiB > budgetMiB) return lamError('LAM_POOL_MEMORY', { name, memoryMiB, budgetMiB });
  if (group === undefined) return undefined;
  // Requests that the concurrency limit still allows a sandbox for do not count as queued.
  const running = group.concurrency > 1 ? group.inFlight : group.busy;
  if (group.queue.size < maxQueue + Math.max(0, maxConcurrency - running)) return undefined;
  return lamError('LAM_POOL_THROTTLED', { name, maxConcurrency, maxQueue });
}

/**
 * Refuses requests that have waited too long for memory that others hold, unless a sandbox of their version may still
 * serve them.
 */
export function refuseLongWaiting(group: Group, budgetMiB: number, now: MonotonicMs): void {
  if (group.busy + group.starting > 0) return;
  const { functionName: name, config } = group.revision;
  for (
    let head = group.queue.peek();
    head !== undefined && now - head.since >= MEMORY_WAIT_MS;
    head = group.queue.peek()
  ) {
    group.queue.shift()?.reject(lamError('LAM_POOL_MEMORY_TAKEN', { name, memoryMiB: config.memoryMiB, budgetMiB }));
  }
}
