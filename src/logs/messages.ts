import type { LogQuery, LogRecord } from '../contract/index.ts';

/** Records of one function, printed within one flush. */
export interface Chunk {
  readonly functionName: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Encoded records, a line each. */
  readonly body: string;
}

/** What the log thread is asked. It answers in order, so a query sees every write sent before it. */
export type ToWorker =
  | { readonly type: 'write'; readonly chunks: readonly Chunk[]; readonly bytes: number }
  | { readonly type: 'query'; readonly id: number; readonly functionName: string; readonly query: LogQuery }
  | { readonly type: 'delete'; readonly id: number; readonly functionName: string }
  | { readonly type: 'sizes'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

export type FromWorker =
  /** The file is open; `setAside` names a damaged one that was moved out of the way. */
  | { readonly type: 'ready'; readonly setAside: string | undefined }
  | { readonly type: 'written'; readonly bytes: number; readonly failure: string | undefined }
  /** Records in order of time; several answers per query, the last with `done`. */
  | { readonly type: 'records'; readonly id: number; readonly records: readonly LogRecord[]; readonly done: boolean }
  | { readonly type: 'sizes'; readonly id: number; readonly sizes: Readonly<Record<string, number>>; readonly total: number }
  | { readonly type: 'done'; readonly id: number };
