import type { SandboxId } from '../contract/index.ts';
import type { Group } from './group.ts';

/** A sandbox without room for another invocation. */
export interface Occupied {
  readonly id: SandboxId;
  /** Invocations that run in it, without those that were sent ahead. */
  readonly running: number;
}

/** Returns the sandboxes of a version if all are occupied and its limit allows no other; else undefined. */
export function occupiedOf(group: Group): readonly Occupied[] | undefined {
  if (group.headroom > 0 || group.starting > 0 || group.idle.length > 0) return undefined;
  return [...group.slots]
    .filter((slot) => slot.is('busy'))
    .map(({ id, inFlight }) => ({ id, running: group.concurrency === 1 ? 1 : inFlight }));
}
