import {
  LIMITS,
  newOrderedRequestId,
  versionQualifier,
  type FunctionName,
  type Qualifier,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { InvocationQueue, QueueBounds, QueuedEvent } from '../queue/index.ts';
import type { Registry, Revision } from '../registry/index.ts';

/** Rooms that accepting an event needs. */
export interface AcceptingRooms {
  readonly registry: Pick<Registry, 'resolve'>;
  readonly queue: InvocationQueue;
  readonly clock: Clock;
  /** Told once an event is on the disk. */
  readonly onAccepted?: ((functionName: FunctionName) => void) | undefined;
}

/** An event to queue. Without an id it gets one. */
export type EventToAccept = Omit<QueuedEvent, 'id' | 'expiresAt'> & Partial<Pick<QueuedEvent, 'id'>>;

/** Dead letters of one function, with their results (bytes). */
const DEAD_BYTES = 1024 * 1024 * 1024;

/** Versions, as `name@version`, of events that were accepted since a question of {@link keptByEvents}. */
type Since = Set<string>;

/** Of each question; their answers hold them as long as they are in use. */
const questions = new WeakMap<InvocationQueue, Set<WeakRef<Since>>>();

/**
 * Returns whether a version must be kept because an event names it: one in the queue, or one that is accepted from now on.
 * Rejects with the errors of the queue.
 */
export async function keptByEvents(
  queue: InvocationQueue,
): Promise<(name: FunctionName, version: VersionNumber) => boolean> {
  const since: Since = new Set();
  // Before the question: what is accepted earlier comes to the queue earlier.
  questionsInUse(queue);
  questions.set(queue, (questions.get(queue) ?? new Set()).add(new WeakRef(since)));
  const named = new Set((await queue.versionsNamed()).map(({ name, version }) => `${name}@${version}`));
  return (name, version) => named.has(`${name}@${version}`) || since.has(`${name}@${version}`);
}

/** Forgets the questions whose answers are not in use any more. */
function questionsInUse(queue: InvocationQueue): readonly Since[] {
  const asked = questions.get(queue) ?? new Set();
  const all = [...asked].map((question) => ({ question, since: question.deref() }));
  for (const { question, since } of all) if (since === undefined) asked.delete(question);
  return all.flatMap(({ since }) => since ?? []);
}

/** Notes a version that an event names, in the same turn in which it was found and the event is given to the queue. */
export function noteNamed(queue: InvocationQueue, name: FunctionName, qualifier: Qualifier | undefined): void {
  if (qualifier !== undefined) for (const since of questionsInUse(queue)) since.add(`${name}@${qualifier}`);
}

/**
 * Queues an event as its function's live version says: until when, for which version, and within which bounds. Resolves
 * once it is durable. Throws `LAM_EDGE_PAYLOAD_TOO_LARGE` for an event that no sandbox can be given, the registry's
 * not-found errors, `LAM_OPERATIONS_EVENTS_FULL`, `LAM_OPERATIONS_DEAD_LETTERS_FULL` and the errors of the queue; then
 * nothing was queued.
 */
export async function acceptEvent(
  { registry, queue, clock, onAccepted }: AcceptingRooms,
  event: EventToAccept,
): Promise<{ readonly id: QueuedEvent['id']; readonly outcome: 'accepted' | 'known' }> {
  const { functionName: name } = event;
  // The request may have been short enough, but not its body as base64 or with the escapes of JSON.
  if (event.event.byteLength > LIMITS.payloadBytes)
    throw lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit: LIMITS.payloadBytes });
  const { config } = registry.resolve(name);
  const asked = registry.resolve(name, event.qualifier);
  const now = clock.now();
  const id = event.id ?? newOrderedRequestId(now);
  const expiresAt = Math.max(now, event.notBefore ?? now) + config.maximumEventAgeMs;
  const qualifier = qualifierOf(event.qualifier, config.eventVersion === 'acceptance' ? asked : undefined);
  noteNamed(queue, name, qualifier);
  const outcome = await queue.enqueue({ ...event, id, qualifier, expiresAt }, boundsOf(config));
  if (outcome === 'full') throw lamError('LAM_OPERATIONS_EVENTS_FULL', { name, most: config.maximumQueuedEvents });
  if (outcome === 'dead-full')
    throw lamError('LAM_OPERATIONS_DEAD_LETTERS_FULL', { name, most: config.maximumDeadLetters });
  if (outcome === 'accepted') onAccepted?.(name);
  return { id, outcome };
}

/** How much a function may have in the queue. */
function boundsOf({ maximumQueuedEvents, maximumDeadLetters }: Revision['config']): QueueBounds {
  return { waiting: maximumQueuedEvents, dead: maximumDeadLetters, deadBytes: DEAD_BYTES };
}

function qualifierOf(asked: Qualifier | undefined, atAcceptance: Revision | undefined): Qualifier | undefined {
  return atAcceptance === undefined ? asked : versionQualifier(atAcceptance.version);
}
