import type { LogQuery, LogRecord, NodeId, FunctionName } from '../contract/index.ts';

/** Input of the worker thread. */
export interface LogWorkerData {
  /** The database file. */
  readonly file: string;
  /** Id of this node. */
  readonly node: NodeId;
  /** Limit of records per function (bytes); the oldest are dropped. */
  readonly keepBytes: number;
}

/** The encoded records of one function and flush. */
export interface Chunk {
  readonly functionName: FunctionName;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Range within the bytes of the message. */
  readonly start: number;
  readonly end: number;
}

/** Messages to the worker. It handles them in order, so a query sees every write sent before it. */
export type ToWorker =
  | {
      readonly type: 'write';
      readonly chunks: readonly Chunk[];
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly weight: number;
    }
  | { readonly type: 'query'; readonly id: number; readonly functionName: FunctionName; readonly query: LogQuery }
  /** Asks for the next page of a query. */
  | { readonly type: 'more'; readonly id: number }
  /** Ends a query early. */
  | { readonly type: 'enough'; readonly id: number }
  | { readonly type: 'delete'; readonly id: number; readonly functionName: FunctionName }
  | { readonly type: 'sizes'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

/** Answers to messages with an `id`. */
export type Answer =
  /** One page of a query, in the order of printing; the last one has `done`. */
  | { readonly type: 'records'; readonly id: number; readonly records: readonly LogRecord[]; readonly done: boolean }
  | {
      readonly type: 'sizes';
      readonly id: number;
      readonly sizes: Readonly<Record<string, number>>;
      readonly total: number;
    }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly why: string };

/** Messages from the worker. */
export type FromWorker =
  | Answer
  /** The file was damaged when it was opened; it is called `setAside` now. */
  | { readonly type: 'set-aside'; readonly setAside: string }
  /** With `failure` the records are lost. With `setAside` they are in a new file; the damaged one has that name now. */
  | {
      readonly type: 'written';
      readonly weight: number;
      readonly failure: string | undefined;
      readonly setAside: string | undefined;
    };
