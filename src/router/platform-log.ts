import type { PlatformRecord, RequestId, SandboxId, StartKind } from '../contract/index.ts';
import { escapeControls } from '../kit/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { InitFailure, PoolRevision } from '../pool/index.ts';
import type { Failure } from './failure.ts';
import { LogTails } from './log-tails.ts';

/** The sandbox that an invocation ran in. */
export interface LoggedSandbox {
  readonly revision: PoolRevision;
  readonly id: SandboxId;
}

/** Contents of the REPORT line of an invocation. */
export interface Finished {
  readonly durationMs: number;
  readonly failure: Failure | undefined;
  readonly initMs: number | undefined;
  readonly maxMemoryMiB: number;
  readonly start: StartKind;
}

/**
 * Writes lam's own records into the logs of functions (START, REPORT, notes), and the log tails that callers request.
 * Times are milliseconds since the epoch.
 */
export class PlatformLog {
  readonly tails: LogTails = new LogTails();
  readonly #logs: LogStore;

  constructor(logs: LogStore) {
    this.#logs = logs;
  }

  started(sandbox: LoggedSandbox, requestId: RequestId, now: number): void {
    this.#note(sandbox, START, requestId, now);
  }

  finished(sandbox: LoggedSandbox, requestId: RequestId, run: Finished, now: number): void {
    const { failure, durationMs, start } = run;
    if (failure?.note !== undefined) this.#note(sandbox, { type: 'note', text: failure.note }, requestId, now);
    const record: PlatformRecord = {
      type: 'report',
      status: failure?.status ?? 'success',
      durationMs,
      billedMs: Math.ceil(durationMs),
      memoryMiB: sandbox.revision.config.memoryMiB,
      maxMemoryMiB: Math.ceil(run.maxMemoryMiB),
      start,
      ...(failure === undefined ? undefined : { errorType: failure.errorType }),
      ...(run.initMs === undefined ? undefined : { initMs: run.initMs }),
    };
    this.#note(sandbox, record, requestId, now);
  }

  /** Writes the records of an invocation whose sandbox booted but failed to load the code. */
  // oxlint-disable-next-line max-params -- the failure, its document, the request and the time belong to no common object
  initFailed(sandbox: LoggedSandbox, failed: InitFailure, failure: Failure, requestId: RequestId, now: number): void {
    this.started(sandbox, requestId, now);
    this.#note(sandbox, { type: 'init-error', errorType: failure.errorType }, requestId, now);
    if (failure.note === undefined) {
      // The document is the sandbox's own: on one line it can't pass for records of lam.
      const text = escapeControls(Buffer.from(failure.payload).toString());
      this.#note(sandbox, { type: 'note', text }, requestId, now);
    }
    const { initMs, maxMemoryMiB, start } = failed;
    this.finished(sandbox, requestId, { durationMs: initMs, failure, initMs, maxMemoryMiB, start }, now);
  }

  #note(sandbox: LoggedSandbox, record: PlatformRecord, requestId: RequestId, now: number): void {
    const { functionName, version } = sandbox.revision;
    this.#logs.appendPlatform(functionName, { version, sandbox: sandbox.id }, record, requestId, now);
    if (this.tails.active) this.tails.addPlatform(requestId, record, version);
  }
}

const START: PlatformRecord = { type: 'start' };
