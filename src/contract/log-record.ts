/** Where a record came from. `platform` records are lam's own (START, REPORT, time-outs), never a function's. */
export type LogStream = 'stdout' | 'stderr' | 'platform';

/**
 * One thing a function printed in one go (it may hold several lines), or one thing lam says about a run of it. Records
 * of one node come in the order in which they were printed; those of several nodes are merged by time.
 */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly stream: LogStream;
  /** Empty for what was printed outside any invocation (init, between requests). */
  readonly requestId: string;
  readonly version: number;
  readonly sandbox: string;
  /** Id of the node that the sandbox ran on. */
  readonly node: string;
  /** Text without a final line break; AWS's wording for platform records. */
  readonly text: string;
  /** On a platform record: which one, and its figures. */
  readonly platform?: PlatformRecord;
}

/** What lam notes about an invocation; the texts beside it are AWS Lambda's START, END and REPORT lines. */
export type PlatformRecord =
  | { readonly type: 'start' }
  /** What lam has to say in words: a time-out, a process that died. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'init-error'; readonly errorType: string }
  | {
      readonly type: 'report';
      readonly status: 'success' | 'error' | 'timeout' | 'failure';
      readonly errorType?: string;
      readonly durationMs: number;
      readonly billedMs: number;
      readonly memoryMiB: number;
      readonly maxMemoryMiB: number;
      /** Only on the run that began the sandbox. */
      readonly initMs?: number;
      readonly start: 'cold' | 'warm' | 'stem';
    };

/** Which records to give. All parts are optional and narrow the answer together. */
export interface LogQuery {
  /** Milliseconds since the epoch, inclusive. */
  readonly since?: number;
  readonly until?: number;
  /** At most this many, the newest. */
  readonly lines?: number;
  /** Case-insensitive substring of the text. */
  readonly search?: string;
  readonly requestId?: string;
  readonly version?: number;
}
