import type {
  AsyncCounts,
  AsyncDetail,
  AsyncInvocation,
  AsyncPage,
  AsyncQuery,
  AsyncState,
  FunctionName,
  NamedVersion,
  RequestId,
} from '../../contract/index.ts';
import type { EpochMs } from '../../kit/index.ts';
import type {
  DeadQuery,
  DeathReport,
  Enqueued,
  LeaseOutcome,
  Leases,
  LeaseToken,
  QueueBounds,
  QueuedEvent,
  Settlement,
} from '../queue.ts';

/** How long finished invocations are kept; the oldest are deleted first. */
export interface Retention {
  /** Finished invocations without dead letters. */
  readonly count: number;
  /** Their events and results together (bytes). */
  readonly bytes: number;
  /** Age since they finished (ms). */
  readonly ageMs: number;
  /** The same for dead letters (ms). */
  readonly deadAgeMs: number;
}

/** Input of the worker thread. */
export interface QueueWorkerData {
  /** The database file. */
  readonly file: string;
  readonly retention: Retention;
}

/** A leased event as it is stored. */
export interface LeasedRow {
  readonly token: LeaseToken;
  readonly id: RequestId;
  readonly qualifier: string | null;
  readonly due: EpochMs;
  readonly accepted: EpochMs;
  readonly expires: EpochMs;
  readonly attempts: number;
  readonly interrupted: number;
  /** JSON, as `factsOf` made it: parsed only once it is with the caller. */
  readonly facts: string;
  readonly body: Uint8Array;
}

/** Events of one function that were leased together. */
export interface LeasedRows {
  readonly functionName: FunctionName;
  readonly rows: readonly LeasedRow[];
  /** As in `Leases`. */
  readonly nextAt: EpochMs | undefined;
}

/** Each operation with the type of its result. */
export interface OperationResults {
  readonly enqueue: Enqueued;
  readonly lease: Leases;
  readonly extend: LeaseOutcome;
  readonly settle: LeaseOutcome;
  readonly deadLetter: LeaseOutcome;
  readonly get: AsyncDetail | undefined;
  readonly eventOf: QueuedEvent | undefined;
  readonly list: AsyncPage;
  readonly versionsNamed: readonly NamedVersion[];
  readonly counts: Readonly<Record<string, AsyncCounts>>;
  readonly cancel: AsyncInvocation | undefined;
  readonly redrive: number;
  readonly purge: number;
}

export type OperationName = keyof OperationResults;

/** The result of an operation as the worker has it. */
export type WorkerResult = OperationResults[Exclude<OperationName, 'lease'>] | LeasedRows;

/** The arguments of each operation. */
export type Operation =
  | { readonly name: 'enqueue'; readonly event: QueuedEvent; readonly bounds?: QueueBounds | undefined }
  | { readonly name: 'lease'; readonly functionName: FunctionName; readonly max: number; readonly leaseMs: number }
  | { readonly name: 'extend'; readonly token: LeaseToken; readonly leaseMs: number }
  | { readonly name: 'settle'; readonly token: LeaseToken; readonly settlement: Settlement }
  | { readonly name: 'deadLetter'; readonly token: LeaseToken; readonly death: DeathReport }
  | { readonly name: 'get'; readonly id: RequestId }
  | { readonly name: 'eventOf'; readonly id: RequestId }
  | { readonly name: 'list'; readonly query: AsyncQuery }
  | { readonly name: 'versionsNamed' }
  | { readonly name: 'counts' }
  | { readonly name: 'cancel'; readonly id: RequestId }
  | { readonly name: 'redrive'; readonly query: DeadQuery; readonly expiresAt: EpochMs; readonly limit: number }
  | { readonly name: 'purge'; readonly query: DeadQuery; readonly limit: number };

/**
 * Operations, or what they yielded, on their way between two threads: one text for all, because JSON takes a fraction of
 * the time of a structured clone of many small objects, and few buffers, which are moved.
 */
export interface Packed {
  /** JSON in which bytes are replaced by where they are. */
  readonly text: string;
  readonly buffers: ArrayBuffer[];
}

/** Messages to the worker, which answers them in order. */
export type ToQueueWorker =
  /** Runs the operations in one transaction, all or none. */
  { readonly type: 'batch'; readonly now: EpochMs; readonly operations: Packed } | { readonly type: 'close' };

/** What a batch changed that watchers are told of. */
export interface Notices {
  readonly ready: readonly FunctionName[];
  readonly finished: readonly { readonly id: RequestId; readonly state: AsyncState }[];
}

/** Why a batch failed. */
export interface BatchFailure {
  readonly cause: 'full' | 'disk' | 'other';
  readonly why: string;
}

/** Why a file was moved aside. */
export interface SetAside {
  readonly cause: 'damaged' | 'newer';
  /** Its new path. */
  readonly path: string;
  /** Waiting events of it that were taken over. */
  readonly salvaged: number;
}

/** Messages from the worker. */
export type FromQueueWorker =
  /** The answer to the oldest unanswered batch. */
  | {
      readonly type: 'done';
      /** Results and notices; undefined if the batch failed. */
      readonly yielded: Packed | undefined;
      readonly failure: BatchFailure | undefined;
      readonly setAside: SetAside | undefined;
    }
  | { readonly type: 'closed' };
