import type { Origin } from './invocation.ts';
import type { RequestId } from './ids.ts';
import type { FunctionName, Qualifier, VersionNumber } from './names.ts';

/** How long an event may wait for its last attempt, unless its function says otherwise (ms); AWS's default. */
export const DEFAULT_EVENT_AGE_MS = 6 * 3_600_000;

/** States of an asynchronous invocation; the last three are final. */
export const ASYNC_STATES = ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type AsyncState = (typeof ASYNC_STATES)[number];

/** Why an event became a dead letter. The first three are conditions of AWS's destination records. */
export const DEAD_REASONS = [
  'RetriesExhausted',
  'EventAgeExceeded',
  'ZeroReservedConcurrency',
  /** Its function, version or alias no longer exists. */
  'FunctionGone',
  /** The daemon ended too often while it ran. */
  'Interrupted',
  /** It was queued by a chain of functions that call each other, which is too long. */
  'RecursiveInvocation',
] as const;
export type DeadReason = (typeof DEAD_REASONS)[number];

/** One finished attempt at an asynchronous invocation. */
export interface AsyncAttempt {
  /** Start (ms since the epoch). */
  readonly at: number;
  readonly durationMs: number;
  /** The version that ran; absent if none did. */
  readonly version?: VersionNumber;
  /** `success`, `error`, `timeout`, `failure`, or `rejected` if the handler did not begin. */
  readonly status: string;
  readonly errorType?: string;
}

/** An asynchronous invocation as lists show it. Times are milliseconds since the epoch. */
export interface AsyncInvocation {
  readonly id: RequestId;
  readonly functionName: FunctionName;
  /** Version or alias to run; absent for the version that is live when it runs. */
  readonly qualifier?: Qualifier;
  readonly state: AsyncState;
  readonly origin: Origin;
  readonly acceptedAt: number;
  /** Earliest time of the next attempt. */
  readonly notBefore: number;
  /** After this time no attempt begins. */
  readonly expiresAt: number;
  /** Start of the last attempt. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Attempts that ended and count against the limit of retries. */
  readonly attempts: number;
  /** Attempts whose outcome is unknown, because the daemon ended or lost the lease; these may have run. */
  readonly interrupted: number;
  readonly eventBytes: number;
  /** Present for a dead letter, whose event is kept. */
  readonly dead?: DeadReason;
}

/** An asynchronous invocation with its last result. */
export interface AsyncDetail extends AsyncInvocation {
  /** The last ten attempts, oldest first. */
  readonly history: readonly AsyncAttempt[];
  /** Result or error document of the last attempt, if it had one. */
  readonly payload?: Uint8Array;
  /** Whether only the beginning of the payload was kept. */
  readonly isTruncated?: boolean;
  /** The end of what the last attempt printed. */
  readonly log?: string;
}

/** Number of asynchronous invocations of one function by state. */
export interface AsyncCounts {
  readonly pending: number;
  readonly running: number;
  readonly completed: number;
  /** Without dead letters. */
  readonly failed: number;
  readonly cancelled: number;
  /** Dead letters. */
  readonly dead: number;
}

/** Selects asynchronous invocations, newest first. */
export interface AsyncQuery {
  readonly functionName?: FunctionName;
  readonly state?: AsyncState;
  /** Only dead letters. */
  readonly dead?: boolean;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** One page of a list. */
export interface AsyncPage {
  readonly invocations: readonly AsyncInvocation[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

/** An asynchronous invocation as the control API answers it: the payload is text. */
export interface AsyncResult extends Omit<AsyncDetail, 'payload'> {
  readonly payload?: string;
}

/** Which dead letters to redrive or delete: all, those of a function, or single ones. */
export interface DeadLettersRequest {
  readonly function?: FunctionName;
  readonly ids?: readonly RequestId[];
}

/** Longest wait that one request for a result may ask for (ms). */
export const MOST_WAIT_MS = 60_000;
