import type {
  AsyncAttempt,
  AsyncCounts,
  AsyncDetail,
  AsyncInvocation,
  AsyncPage,
  AsyncQuery,
  AsyncState,
  DeadReason,
  DestinationSetting,
  FunctionName,
  NamedVersion,
  Origin,
  Qualifier,
  RequestId,
  TraceId,
} from '../contract/index.ts';
import type { EpochMs } from '../kit/index.ts';

/** An event to run asynchronously. */
export interface QueuedEvent {
  /**
   * Request id and idempotency id: an event with the id of another is not queued again, for at least
   * {@link REMEMBERED_MS} after that one finished.
   */
  readonly id: RequestId;
  readonly functionName: FunctionName;
  /** Version or alias to run; undefined for the version that is live when it runs. */
  readonly qualifier?: Qualifier | undefined;
  readonly event: Uint8Array;
  readonly origin: Origin;
  readonly traceId?: TraceId | undefined;
  /** Client context, as decoded JSON text. */
  readonly clientContext?: string | undefined;
  /** Earliest start; default: now. */
  readonly notBefore?: EpochMs | undefined;
  /** Latest start of an attempt. */
  readonly expiresAt: EpochMs;
  /** Whether it came over HTTP. */
  readonly http?: boolean | undefined;
  /** As in `InvocationContext.verbatim`. */
  readonly verbatim?: boolean | undefined;
  /** Time limit of each attempt (ms); undefined for that of its function. */
  readonly timeoutMs?: number | undefined;
  /** Of a record on its way: where it goes, instead of to a function. */
  readonly destination?: DestinationSetting | undefined;
}

/** How much a function may have in the queue. */
export interface QueueBounds {
  /** Events that wait or run. */
  readonly waiting: number;
  readonly dead: number;
  /** Dead letters with their results (bytes). */
  readonly deadBytes: number;
}

/**
 * `known`: an event with this id was queued before; this one was ignored. `full`, `dead-full`: the function has as many
 * waiting events or dead letters as it may have, and nothing was queued.
 */
export type Enqueued = 'accepted' | 'known' | 'full' | 'dead-full';

/** Names one lease. Opaque, never used again. */
export type LeaseToken = string;

/** An event that the caller of {@link InvocationQueue.lease} may run until its lease ends. */
export interface LeasedEvent extends QueuedEvent {
  readonly token: LeaseToken;
  readonly acceptedAt: EpochMs;
  /** Attempts that ended before and counted. */
  readonly attempts: number;
  /** Attempts whose lease ended without a settlement. */
  readonly interrupted: number;
}

/** Answer of {@link InvocationQueue.lease}. */
export interface Leases {
  /** Oldest first, as far as the implementation keeps an order; callers must not rely on it. */
  readonly events: readonly LeasedEvent[];
  /**
   * When the next event of the function is due, if the answer holds all that are due now and more are waiting. Undefined
   * if nothing waits: a later event is announced to {@link QueueWatcher.ready}.
   */
  readonly nextAt: EpochMs | undefined;
}

/** What an attempt yielded; kept with the invocation. */
export interface AttemptReport extends AsyncAttempt {
  /** Result or error document; kept up to {@link KEPT_RESULT_BYTES}. */
  readonly payload?: Uint8Array;
  /** End of what the function printed. */
  readonly log?: string;
}

/** What becomes of a leased event. */
export type Settlement =
  /** Final. `followUps` are enqueued together with it. */
  | {
      readonly kind: 'completed' | 'failed';
      readonly attempt: AttemptReport;
      readonly followUps?: readonly QueuedEvent[];
    }
  /** Another attempt. Without `attempt` this one did not run and does not count. */
  | { readonly kind: 'again'; readonly notBefore: EpochMs; readonly attempt?: AttemptReport };

/** `lost`: the lease had ended, or the invocation was cancelled; nothing was changed. */
export type LeaseOutcome = 'held' | 'lost';

/** Why and with what last attempt an event becomes a dead letter. */
export interface DeathReport {
  readonly reason: DeadReason;
  /** The attempt that was the last, if it ran. */
  readonly attempt?: AttemptReport;
  readonly followUps?: readonly QueuedEvent[];
}

/** Selects dead letters: of one function or all, or single ones. */
export interface DeadQuery {
  readonly functionName?: FunctionName | undefined;
  readonly ids?: readonly RequestId[] | undefined;
}

/**
 * Receives notices of a queue. Must not throw.
 *
 * A notice comes once its change is durable, in no order with the answers to calls that are pending: the end of an
 * invocation may be told before or after the answer to a {@link InvocationQueue.lease} that holds its event. So who
 * leases events, and would not run a cancelled one, also minds the notices that come while it waits for the answer. The
 * answer to a lease that is asked for after the notice does not hold the event.
 */
export interface QueueWatcher {
  /** An event of this function may have become available to {@link InvocationQueue.lease}. */
  ready?(functionName: FunctionName): void;
  /** An invocation reached a final state. */
  finished?(id: RequestId, state: AsyncState): void;
}

/** How long an id is remembered at least, after its invocation has finished (ms). */
export const REMEMBERED_MS = 120_000;
/** Longest kept result (bytes); of a longer one the beginning is kept. */
export const KEPT_RESULT_BYTES = 256 * 1024;

/**
 * Asynchronous invocations, durable and at least once: an event that was accepted is leased until it has settled, over
 * restarts and crashes. Implementations differ in where events are kept (a file, a cluster), and may deliver an event
 * twice and in another order; callers rely on nothing more than this interface.
 *
 * Every method rejects with `LAM_QUEUE_UNAVAILABLE`, `LAM_QUEUE_FAILED`, `LAM_STORE_DISK_FULL` or
 * `LAM_STORE_DISK_ERROR` when the queue cannot be used; then nothing was changed.
 */
export interface InvocationQueue {
  /**
   * Queues an event, if `bounds` allow it; resolves once it is durable. Idempotent by its id. Rejects with `LAM_QUEUE_OVERLOADED` while too
   * many bytes wait to be stored.
   */
  enqueue(event: QueuedEvent, bounds?: QueueBounds): Promise<Enqueued>;
  /**
   * Leases up to `max` due events of a function for `leaseMs`. An event whose lease ends without a settlement is
   * available again, and counted as interrupted.
   */
  lease(functionName: FunctionName, max: number, leaseMs: number): Promise<Leases>;
  /** Lets a lease end `leaseMs` from now. */
  extend(token: LeaseToken, leaseMs: number): Promise<LeaseOutcome>;
  /** Ends a lease with its outcome. */
  settle(token: LeaseToken, settlement: Settlement): Promise<LeaseOutcome>;
  /** Ends a lease; the invocation fails, and its event is kept as a dead letter. */
  deadLetter(token: LeaseToken, death: DeathReport): Promise<LeaseOutcome>;

  /** Returns an invocation with its last result, or undefined. */
  get(id: RequestId): Promise<AsyncDetail | undefined>;
  /** Returns the event of an invocation as it was queued, or undefined. */
  eventOf(id: RequestId): Promise<QueuedEvent | undefined>;
  list(query: AsyncQuery): Promise<AsyncPage>;
  /** Versions that events name which wait, run or are dead letters. */
  versionsNamed(): Promise<readonly NamedVersion[]>;
  /** Counts by function, for functions with any invocation. */
  counts(): Promise<Readonly<Record<string, AsyncCounts>>>;
  /**
   * Cancels an invocation that has not finished. A handler that has begun runs on; its result is dropped. Returns the
   * invocation as it was before, or undefined if there is none.
   */
  cancel(id: RequestId): Promise<AsyncInvocation | undefined>;
  /**
   * Queues dead letters again, under their ids, with new attempts, until `expiresAt`. Returns how many.
   */
  redrive(query: DeadQuery, expiresAt: EpochMs): Promise<number>;
  /** Deletes dead letters. Returns how many. */
  purge(query: DeadQuery): Promise<number>;

  /** Subscribes to notices; functions with waiting events are announced at once. Returns a function that unsubscribes. */
  watch(watcher: QueueWatcher): () => void;
  /** Finishes pending calls and releases the queue. Leases that are held end with it. Idempotent. */
  close(): Promise<void>;
}
