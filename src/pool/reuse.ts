import { PROTOCOLS } from '../runtimes/index.ts';
import type { Group, Slot } from './group.ts';
import { pipelineDepth, WAKE_MS } from './policy/index.ts';

/**
 * Returns the warm sandbox for one more invocation, removed from the idle list, or undefined. In order of preference: a
 * busy one that will be free sooner than an idle process wakes up; the most recently used idle one, so that the others
 * can expire; a busy one that is quick enough to send ahead to. `isLarge`: see {@link Waiter.isLarge}.
 */
export function takeWarm(group: Group, isLarge = false): Slot | undefined {
  if (group.concurrency > 1) {
    if (group.inFlight >= group.revision.config.maxConcurrency) return undefined;
    return leastLoaded(group, group.concurrency) ?? group.popIdle();
  }
  if (isLarge) return group.popIdle();
  return soonFree(group) ?? group.popIdle() ?? leastLoaded(group, depth(group));
}

/** Whether a sandbox that one invocation has just released may take the oldest request. */
export function canTakeNext(slot: Slot): boolean {
  const { group } = slot;
  if (group.concurrency === 1) return slot.inFlight < (group.queue.peek()?.isLarge === true ? 1 : depth(group));
  return slot.inFlight < group.concurrency && group.inFlight < group.revision.config.maxConcurrency;
}

/**
 * Invocations that a sandbox which runs one at a time may hold; those sent ahead count against the limit of the queue.
 */
function depth(group: Group): number {
  const { concurrency, protocol } = group.revision.runtime.descriptor;
  if (!PROTOCOLS[protocol].queuesInside || concurrency === 'one') return 1;
  return Math.min(pipelineDepth(group.quickness), 1 + group.revision.config.maxQueue);
}

/**
 * A busy sandbox that will be free sooner than an idle one would wake up: where all cores are at work, spreading tiny
 * invocations over more processes only adds context switches.
 */
function soonFree(group: Group): Slot | undefined {
  const slot = leastLoaded(group, depth(group));
  return slot !== undefined && slot.inFlight * (group.quickness.typical.value ?? Infinity) <= WAKE_MS
    ? slot
    : undefined;
}

/** The busy sandbox with the fewest invocations in flight, if that is fewer than `most`. */
function leastLoaded(group: Group, most: number): Slot | undefined {
  if (most === 1 || group.busy === 0) return undefined;
  let best: Slot | undefined;
  for (const slot of group.slots) {
    if (slot.state === 'busy' && slot.exit === undefined && slot.inFlight < (best?.inFlight ?? most)) best = slot;
  }
  return best;
}
