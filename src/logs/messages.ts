import type { LogQuery, LogRecord } from '../contract/index.ts';

/** How the log thread is started. */
export interface LogWorkerData {
  /** The database file. */
  readonly file: string;
  /** Id of this node. */
  readonly node: string;
  /** Most bytes of records kept per function; the oldest go first. */
  readonly keepBytes: number;
}

/** Records of one function, printed within one flush. */
export interface Chunk {
  readonly functionName: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Where its records are in the bytes of the message. */
  readonly start: number;
  readonly end: number;
}

/** What the log thread is asked. It answers in order, so a query sees every write sent before it. */
export type ToWorker =
  | { readonly type: 'write'; readonly chunks: readonly Chunk[]; readonly bytes: Uint8Array; readonly weight: number }
  | { readonly type: 'query'; readonly id: number; readonly functionName: string; readonly query: LogQuery }
  /** The records came and were dealt with: the next ones of the query, please. */
  | { readonly type: 'more'; readonly id: number }
  /** No more records of the query are wanted. */
  | { readonly type: 'enough'; readonly id: number }
  | { readonly type: 'delete'; readonly id: number; readonly functionName: string }
  | { readonly type: 'sizes'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

/** What answers a message with an `id`. */
export type Answer =
  /** Records in the order of printing; several answers per query, the last with `done`. */
  | { readonly type: 'records'; readonly id: number; readonly records: readonly LogRecord[]; readonly done: boolean }
  | {
      readonly type: 'sizes';
      readonly id: number;
      readonly sizes: Readonly<Record<string, number>>;
      readonly total: number;
    }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly why: string };

export type FromWorker =
  | Answer
  /** The file was damaged when it was opened, and was moved to `setAside`. */
  | { readonly type: 'set-aside'; readonly setAside: string }
  /** `failure`: the records are lost. `setAside`: they are in a new file, the old one was damaged. */
  | {
      readonly type: 'written';
      readonly weight: number;
      readonly failure: string | undefined;
      readonly setAside: string | undefined;
    };
