import { lamError, type LamError } from '../errors/index.ts';
import type { MonotonicMs } from '../kit/index.ts';
import type { Group } from './group.ts';
import type { PoolRevision } from './revision.ts';

/** How long a request may wait for memory that others hold, without a sandbox of its version, before it is told so, ms. */
const MEMORY_WAIT_MS = 10_000;

export interface Admission {
  /** What there is of the version; undefined before its first request. */
  readonly group: Group | undefined;
  /** Memory of all sandboxes together. */
  readonly budgetMiB: number;
}

/** Why a request may not wait for a sandbox of `revision`, or undefined. */
export function refusalOf(revision: PoolRevision, { group, budgetMiB }: Admission): LamError | undefined {
  const { functionName: name, config } = revision;
  const { maxConcurrency, maxQueue, memoryMiB } = config;
  if (memoryMiB > budgetMiB) return lamError('LAM_POOL_MEMORY', { name, memoryMiB, budgetMiB });
  if (group === undefined) return undefined;
  // Requests that a start of their own is coming for do not count as queued.
  const running = group.concurrency > 1 ? group.inFlight : group.busy;
  if (group.queue.size < maxQueue + Math.max(0, maxConcurrency - running)) return undefined;
  return lamError('LAM_POOL_THROTTLED', { name, maxConcurrency, maxQueue });
}

/** Others hold all memory: those who have waited for it for long are told so, unless a sandbox of their version may yet serve them. */
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
