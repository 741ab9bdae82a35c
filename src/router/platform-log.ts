import type { PlatformRecord } from '../contract/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { InitFailure, PoolRevision, SandboxId } from '../pool/index.ts';
import type { Failure } from './failure.ts';
import { LogTails } from './log-tails.ts';

/** Where an invocation ran; a lease is one. */
export interface Place {
  readonly revision: PoolRevision;
  readonly id: SandboxId;
}

/** How an invocation went. */
export interface Finished {
  readonly durationMs: number;
  readonly failure: Failure | undefined;
  readonly initMs: number | undefined;
  readonly maxMemoryMiB: number;
  readonly start: 'cold' | 'warm';
}

/** What lam itself writes into the logs of functions, and the tails of logs that callers asked for. Times are milliseconds since the epoch. */
export class PlatformLog {
  readonly tails: LogTails = new LogTails();
  readonly #logs: LogStore;

  constructor(logs: LogStore) {
    this.#logs = logs;
  }

  started(place: Place, requestId: string, now: number): void {
    this.#note(place, START, requestId, now);
  }

  finished(place: Place, requestId: string, run: Finished, now: number): void {
    const { failure, durationMs, start } = run;
    if (failure?.note !== undefined) this.#note(place, { type: 'note', text: failure.note }, requestId, now);
    const record: PlatformRecord = {
      type: 'report',
      status: failure?.status ?? 'success',
      durationMs,
      billedMs: Math.ceil(durationMs),
      memoryMiB: place.revision.config.memoryMiB,
      maxMemoryMiB: Math.ceil(run.maxMemoryMiB),
      start,
      ...(failure === undefined ? undefined : { errorType: failure.errorType }),
      ...(run.initMs === undefined ? undefined : { initMs: run.initMs }),
    };
    this.#note(place, record, requestId, now);
  }

  /** The sandbox came up, the code could not be loaded: for each request that waited for it. */
  // oxlint-disable-next-line max-params -- what failed, how that is told, for whom, when
  initFailed(place: Place, failed: InitFailure, failure: Failure, requestId: string, now: number): void {
    this.started(place, requestId, now);
    this.#note(place, { type: 'init-error', errorType: failure.errorType }, requestId, now);
    if (failure.note === undefined)
      this.#note(place, { type: 'note', text: Buffer.from(failure.payload).toString() }, requestId, now);
    const { initMs } = failed;
    this.finished(place, requestId, { durationMs: initMs, failure, initMs, maxMemoryMiB: 0, start: 'cold' }, now);
  }

  #note(place: Place, record: PlatformRecord, requestId: string, now: number): void {
    const { functionName, version } = place.revision;
    this.#logs.appendPlatform(functionName, { version, sandbox: place.id }, record, requestId, now);
    if (this.tails.active) this.tails.addPlatform(requestId, record, version);
  }
}

const START: PlatformRecord = { type: 'start' };
