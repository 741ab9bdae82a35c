import type { NodeId, RequestId, SandboxId } from './ids.ts';
import type { VersionNumber } from './names.ts';

/** Source of a record. `platform` records are written by lam (START, REPORT, time-outs), never by a function. */
export type LogStream = 'stdout' | 'stderr' | 'platform';

/**
 * One write of a function, which may hold several lines, or one message of lam about an invocation. Records of one node
 * are in the order in which they were written; those of several nodes are merged by time.
 */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly stream: LogStream;
  /** Empty for output outside any invocation (during init, between requests). */
  readonly requestId: RequestId | '';
  readonly version: VersionNumber;
  readonly sandbox: SandboxId;
  /** The node that the sandbox ran on; empty if the file does not record it. */
  readonly node: NodeId | '';
  /** Text without a final line break; AWS's wording for platform records. */
  readonly text: string;
  /** Present on platform records: kind and figures. */
  readonly platform?: PlatformRecord;
  /**
   * Where the record is stored, in the order in which records were written; present if the query asks for it. Never
   * the same for two records of one function and time.
   */
  readonly position?: readonly [row: number, index: number];
}

/**
 * What an invocation waited for: `cold`, the boot of a sandbox and its init; `stem`, the init in a sandbox that was
 * booted ahead; `warm`, neither.
 */
export type StartKind = 'cold' | 'stem' | 'warm';

/**
 * Contents of a platform record about an invocation; its text has the wording of AWS Lambda's START, END and REPORT
 * lines.
 */
export type PlatformRecord =
  | { readonly type: 'start' }
  /** A text message: a time-out, an exited process. */
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
      /** Only on the first invocation of a sandbox. */
      readonly initMs?: number;
      readonly start: StartKind;
    };

/** Selects records; those that match all of the given parts are returned. */
export interface LogQuery {
  /** Milliseconds since the epoch, inclusive. */
  readonly since?: number;
  readonly until?: number;
  /** At most this many, the newest. */
  readonly lines?: number;
  /** Case-insensitive substring of the text. */
  readonly search?: string;
  /** An invocation's id or its first characters; empty for output outside any invocation. */
  readonly requestId?: string;
  /** A version's number; any other number matches no record. */
  readonly version?: number;
  /** Leaves out lam's lines on each invocation (START, END and REPORT), but not those on time-outs and failures. */
  readonly withoutPlatform?: boolean;
  /** Gives stored records their {@link LogRecord.position}. */
  readonly withPosition?: boolean;
}
