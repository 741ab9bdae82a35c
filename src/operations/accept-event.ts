import { newOrderedRequestId, versionQualifier, type Qualifier } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { InvocationQueue, QueueBounds, QueuedEvent } from '../queue/index.ts';
import type { Registry, Revision } from '../registry/index.ts';

/** Rooms that accepting an event needs. */
export interface AcceptingRooms {
  readonly registry: Pick<Registry, 'resolve'>;
  readonly queue: InvocationQueue;
  readonly clock: Clock;
}

/** An event to queue. Without an id it gets one. */
export type EventToAccept = Omit<QueuedEvent, 'id' | 'expiresAt'> & Partial<Pick<QueuedEvent, 'id'>>;

/** Dead letters of one function, with their results (bytes). */
const DEAD_BYTES = 1024 * 1024 * 1024;

/**
 * Queues an event as its function's live version says: until when, for which version, and within which bounds. Resolves
 * once it is durable. Throws the registry's not-found errors, `LAM_OPERATIONS_EVENTS_FULL`,
 * `LAM_OPERATIONS_DEAD_LETTERS_FULL` and the errors of the queue; then nothing was queued.
 */
export async function acceptEvent(
  { registry, queue, clock }: AcceptingRooms,
  event: EventToAccept,
): Promise<{ readonly id: QueuedEvent['id']; readonly outcome: 'accepted' | 'known' }> {
  const { functionName: name } = event;
  const { config } = registry.resolve(name);
  const asked = registry.resolve(name, event.qualifier);
  const now = clock.now();
  const id = event.id ?? newOrderedRequestId(now);
  const expiresAt = Math.max(now, event.notBefore ?? now) + config.maximumEventAgeMs;
  const qualifier = qualifierOf(event.qualifier, config.eventVersion === 'acceptance' ? asked : undefined);
  const outcome = await queue.enqueue({ ...event, id, qualifier, expiresAt }, boundsOf(config));
  if (outcome === 'full') throw lamError('LAM_OPERATIONS_EVENTS_FULL', { name, most: config.maximumQueuedEvents });
  if (outcome === 'dead-full')
    throw lamError('LAM_OPERATIONS_DEAD_LETTERS_FULL', { name, most: config.maximumDeadLetters });
  return { id, outcome };
}

/** How much a function may have in the queue. */
function boundsOf({ maximumQueuedEvents, maximumDeadLetters }: Revision['config']): QueueBounds {
  return { waiting: maximumQueuedEvents, dead: maximumDeadLetters, deadBytes: DEAD_BYTES };
}

function qualifierOf(asked: Qualifier | undefined, atAcceptance: Revision | undefined): Qualifier | undefined {
  return atAcceptance === undefined ? asked : versionQualifier(atAcceptance.version);
}
