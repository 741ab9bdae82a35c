import {
  DEFAULT_EVENT_AGE_MS,
  deliveryOf,
  isTimeLimit,
  newOrderedRequestId,
  versionQualifier,
  type AsyncCounts,
  type AsyncDetail,
  type AsyncInvocation,
  type AsyncPage,
  type AsyncQuery,
  type FunctionName,
  type Qualifier,
  type RequestId,
  type TraceId,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock, EpochMs } from '../kit/index.ts';
import type { DeadQuery, InvocationQueue, QueuedEvent } from '../queue/index.ts';
import type { Registry } from '../registry/index.ts';
import type { FollowerList } from './logs.ts';
import { acceptEvent, noteNamed } from './accept-event.ts';

/** An event that a caller wants to have run later. */
export interface AsyncRequest {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly event: Uint8Array;
  readonly traceId?: TraceId | undefined;
  /** Client context, as decoded JSON text. */
  readonly clientContext?: string | undefined;
  /** Earliest start; default: now. */
  readonly notBefore?: EpochMs | undefined;
  /** Whether it came over HTTP, as for `InvocationContext.http`. */
  readonly http?: boolean | undefined;
  /** As in `InvocationContext.verbatim`. */
  readonly verbatim?: boolean | undefined;
  /** Time limit of each attempt (ms); default: that of its function. */
  readonly timeoutMs?: number | undefined;
  /** Its request id, for an event that contains it; default: a new one. */
  readonly requestId?: RequestId | undefined;
}

/** Asynchronous invocations. Every method also throws the errors of the queue. */
export interface AsyncOperations {
  /**
   * Accepts an event; resolves to its request id once it is durable. Throws the registry's not-found errors,
   * `LAM_OPERATIONS_START_TIME`, `LAM_ROUTER_TIME_LIMIT`, `LAM_OPERATIONS_EVENTS_FULL` and `LAM_OPERATIONS_DEAD_LETTERS_FULL`.
   */
  accept(request: AsyncRequest): Promise<RequestId>;
  list(query: AsyncQuery): Promise<AsyncPage>;
  /**
   * Returns an invocation, if `waitMs` is above 0 once it has finished, at the latest after that time. Throws
   * `LAM_OPERATIONS_INVOCATION_NOT_FOUND`.
   */
  get(id: RequestId, waitMs: number): Promise<AsyncDetail>;
  /** Returns the event of an invocation. Throws `LAM_OPERATIONS_INVOCATION_NOT_FOUND`. */
  eventOf(id: RequestId): Promise<Uint8Array>;
  /**
   * Cancels an invocation and returns it as it was before. Throws `LAM_OPERATIONS_INVOCATION_NOT_FOUND` or
   * `LAM_OPERATIONS_INVOCATION_FINISHED`.
   */
  cancel(id: RequestId): Promise<AsyncInvocation>;
  /**
   * Runs the event of a finished invocation again: a dead letter under its id, any other, and every one for which a
   * version is given, as a new invocation. Returns the id. Throws `LAM_OPERATIONS_INVOCATION_NOT_FOUND`,
   * `LAM_OPERATIONS_INVOCATION_PENDING` or the registry's not-found errors.
   */
  retry(id: RequestId, version: VersionNumber | undefined): Promise<RequestId>;
  /** Runs dead letters again; returns how many. */
  redrive(query: DeadQuery): Promise<number>;
  /** Counts by function, for functions with any invocation. */
  counts(): Promise<Readonly<Record<string, AsyncCounts>>>;
  /** Counts dead letters. */
  countDead(query: DeadQuery): Promise<number>;
  /** Deletes dead letters; returns how many. */
  purge(query: DeadQuery): Promise<number>;
}

/** Rooms that these operations use. */
export interface AsyncRooms {
  readonly registry: Registry;
  readonly queue: InvocationQueue;
  readonly clock: Clock;
  readonly followers: FollowerList;
  readonly onAccepted?: ((functionName: FunctionName) => void) | undefined;
}

/** How far ahead an event may be put off (ms). */
const MOST_DELAY_MS = 366 * 86_400_000;
/** How far in the past a start may lie, because the caller's clock is another one (ms). */
const CLOCK_SKEW_MS = 5000;

/** Implements {@link AsyncOperations}. */
export function asyncOperations(rooms: AsyncRooms): AsyncOperations {
  const { registry, queue, clock } = rooms;
  return {
    async accept({ name, notBefore, ...request }) {
      registry.resolve(name, request.qualifier);
      if (notBefore !== undefined) checkStart(notBefore, clock.now());
      const { requestId: id, qualifier, event, traceId, clientContext, http, verbatim, timeoutMs } = request;
      if (timeoutMs !== undefined && !isTimeLimit(timeoutMs)) throw lamError('LAM_ROUTER_TIME_LIMIT', { timeoutMs });
      const facts = { origin: { kind: 'call' }, traceId, clientContext, http, verbatim, timeoutMs } as const;
      const of = id === undefined ? {} : { id };
      return (await acceptEvent(rooms, { ...of, functionName: name, qualifier, event, ...facts, notBefore })).id;
    },
    list: (query) => queue.list(query),
    async get(id, waitMs) {
      if (waitMs > 0) await finished(rooms, id, waitMs);
      return found(queue, id);
    },
    async eventOf(id) {
      const { event } = await foundEvent(queue, id);
      return event;
    },
    async cancel(id) {
      const before = await queue.cancel(id);
      if (before === undefined) throw lamError('LAM_OPERATIONS_INVOCATION_NOT_FOUND', { id });
      if (isOver(before)) throw lamError('LAM_OPERATIONS_INVOCATION_FINISHED', { id, state: before.state });
      return before;
    },
    retry: (id, version) => retry(rooms, id, version),
    redrive: (query) => queue.redrive(query, clock.now() + ageOf(registry, query.functionName)),
    counts: () => queue.counts(),
    countDead: (query) => countDead(queue, query),
    purge: (query) => queue.purge(query),
  };
}

async function found(queue: InvocationQueue, id: RequestId): Promise<AsyncDetail> {
  const detail = await queue.get(id);
  if (detail === undefined) throw lamError('LAM_OPERATIONS_INVOCATION_NOT_FOUND', { id });
  return detail;
}

async function foundEvent(queue: InvocationQueue, id: RequestId): Promise<QueuedEvent> {
  const event = await queue.eventOf(id);
  if (event === undefined) throw lamError('LAM_OPERATIONS_INVOCATION_NOT_FOUND', { id });
  return event;
}

async function retry(
  { registry, queue, clock }: AsyncRooms,
  id: RequestId,
  version: VersionNumber | undefined,
): Promise<RequestId> {
  const before = await found(queue, id);
  if (!isOver(before)) throw lamError('LAM_OPERATIONS_INVOCATION_PENDING', { id, state: before.state });
  const { functionName } = before;
  const qualifier = version === undefined ? before.qualifier : versionQualifier(version);
  const isDelivery = deliveryOf(functionName) !== undefined;
  const isRedriven = before.dead !== undefined && version === undefined;
  const event = isRedriven ? undefined : await foundEvent(queue, id);
  // From here on in one turn, so that gc drops the version before this or finds that it is named.
  if (!isDelivery) registry.resolve(functionName, qualifier);
  noteNamed(queue, functionName, qualifier);
  const now = clock.now();
  const expiresAt = now + ageOf(registry, functionName);
  if (event === undefined) {
    await queue.redrive({ ids: [id] }, expiresAt);
    return id;
  }
  const fresh = newOrderedRequestId(now);
  // What was accepted before is not refused now.
  await queue.enqueue({ ...event, id: fresh, qualifier, notBefore: undefined, expiresAt });
  if (before.dead !== undefined) await queue.purge({ ids: [id] });
  return fresh;
}

async function countDead(queue: InvocationQueue, { functionName, ids }: DeadQuery): Promise<number> {
  if (ids !== undefined) {
    const found = await Promise.all(ids.map((id) => queue.get(id)));
    return found.filter((one) => one?.dead !== undefined).length;
  }
  const counts = Object.entries(await queue.counts());
  return counts
    .filter(([name]) => functionName === undefined || name === functionName)
    .reduce((sum, [, { dead }]) => sum + dead, 0);
}

/** How long events that run again may wait: as new ones, or by default if several functions may be meant. */
function ageOf(registry: Registry, name: FunctionName | undefined): number {
  return name !== undefined && registry.has(name)
    ? registry.resolve(name).config.maximumEventAgeMs
    : DEFAULT_EVENT_AGE_MS;
}

function isOver({ state }: AsyncInvocation): boolean {
  return state !== 'PENDING' && state !== 'RUNNING';
}

function checkStart(notBefore: EpochMs, now: EpochMs): void {
  if (!(notBefore >= now - CLOCK_SKEW_MS && notBefore <= now + MOST_DELAY_MS)) {
    const isPast = notBefore < now;
    const at = Number.isFinite(notBefore) ? new Date(notBefore).toISOString() : String(notBefore);
    throw lamError('LAM_OPERATIONS_START_TIME', { at, fault: isPast ? 'is in the past' : 'is more than a year ahead' });
  }
}

/** Resolves when an invocation has finished or is unknown, at the latest after `waitMs`. */
async function finished({ queue, clock, followers }: AsyncRooms, id: RequestId, waitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Before the question, so that no end is missed in between.
  const stop = queue.watch({ finished: (other) => (other === id ? resolve() : undefined) });
  const cancel = clock.after(waitMs, resolve);
  // A daemon that stops does not wait for it, and answers as it is then.
  const gone = followers.add(resolve);
  try {
    const detail = await queue.get(id);
    if (detail !== undefined && !isOver(detail)) await promise;
  } finally {
    gone();
    cancel();
    stop();
  }
}
