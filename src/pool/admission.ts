import { lamError, type LamError } from '../errors/index.ts';
import type { Group } from './group.ts';
import type { PoolRevision } from './revision.ts';

export interface Admission {
  /** What there is of the version; undefined before its first request. */
  readonly group: Group | undefined;
  /** Memory of all sandboxes together. */
  readonly budgetMiB: number;
  /** The caller is gone already. */
  readonly hasLeft: boolean;
}

/** Why a request may not wait for a sandbox of `revision`, or undefined. */
export function refusalOf(revision: PoolRevision, { group, budgetMiB, hasLeft }: Admission): LamError | undefined {
  const { functionName: name, config } = revision;
  const { maxConcurrency, maxQueue, memoryMiB } = config;
  if (hasLeft) return lamError('LAM_POOL_CANCELLED', { name });
  if (memoryMiB > budgetMiB) return lamError('LAM_POOL_MEMORY', { name, memoryMiB, budgetMiB });
  if (group === undefined) return undefined;
  // Requests that a start of their own is coming for do not count as queued.
  const running = group.concurrency > 1 ? group.inFlight : group.busy;
  if (group.queue.size < maxQueue + Math.max(0, maxConcurrency - running)) return undefined;
  return lamError('LAM_POOL_THROTTLED', { name, maxConcurrency, maxQueue });
}
