import { randomBytes, randomUUID } from 'node:crypto';
import type { LogStream, PlatformRecord } from '../contract/index.ts';
import type { Clock } from '../kit/index.ts';
import type { SessionHooks } from '../executor/session.ts';
import type { LogStore } from '../logs/index.ts';
import type { InitFailure, Lease, Pool, PoolRevision } from '../pool/index.ts';
import { failureOfInit, failureOfInvoke, type Failure, type InvocationStatus } from './failure.ts';
import { LogTails } from './log-tails.ts';

/** An event and whom it is for. */
export interface InvokeRequest {
  readonly name: string;
  /** Version number or alias; undefined for the live pointer. */
  readonly qualifier: string | undefined;
  /** Handed to the handler byte for byte. */
  readonly event: Uint8Array;
  readonly http?: boolean;
  /** Decoded JSON text. */
  readonly clientContext?: string | undefined;
  readonly traceId?: string | undefined;
  /** Takes the request out of the queue; what runs is not stopped. */
  readonly signal?: AbortSignal;
  /** Also give the last 4 KB of this invocation's log. */
  readonly wantTail?: boolean;
}

export interface InvokeAnswer {
  readonly requestId: string;
  readonly traceId: string;
  /** The version that ran. */
  readonly version: number;
  readonly status: InvocationStatus;
  /** The result, or the error document when `status` is not `success`. */
  readonly payload: Uint8Array;
  readonly errorType: string | undefined;
  readonly durationMs: number;
  readonly start: 'cold' | 'warm';
  /** Text, with {@link InvokeRequest.wantTail}. */
  readonly tail: string | undefined;
}

export interface RouterOptions {
  readonly pool: Pool;
  readonly logs: LogStore;
  readonly clock: Clock;
  /** The version to run; throws the registry's not-found errors. Called once per invocation: must be cheap. */
  readonly resolve: (name: string, qualifier: string | undefined) => PoolRevision;
}

/** Turns (name, qualifier, event) into one answer: picks the version, waits for a sandbox, runs, logs, gives it back. */
export class Router {
  readonly #options: RouterOptions;
  readonly #tails: LogTails = new LogTails();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Throws errors of lam only; a function that fails is an answer. */
  async invoke(request: InvokeRequest): Promise<InvokeAnswer> {
    const { pool, clock } = this.#options;
    const revision = this.#options.resolve(request.name, request.qualifier);
    const requestId = randomUUID();
    const traceId = request.traceId ?? newTraceId(clock.now());
    if (request.wantTail === true) this.#tails.open(requestId);
    try {
      const lease = pool.tryLease(revision) ?? (await pool.lease(revision, request.signal));
      if ('kind' in lease) return this.#initFailed(lease, revision, requestId, traceId);
      const began = clock.monotonic();
      const startedAt = clock.now();
      const { id } = lease;
      this.#note(revision, id, { type: 'start' }, requestId, startedAt);
      const outcome = await lease.session.invoke(
        {
          requestId,
          deadlineMs: startedAt + revision.config.timeoutMs,
          functionArn: request.qualifier === undefined ? revision.functionArn : `${revision.functionArn}:${request.qualifier}`,
          traceId,
          ...(request.clientContext === undefined ? undefined : { clientContext: request.clientContext }),
          ...(request.http === true ? { http: true } : undefined),
        },
        request.event,
      );
      const durationMs = clock.monotonic() - began;
      const failure = outcome.kind === 'result' ? undefined : failureOfInvoke(outcome, requestId, revision.config.timeoutMs, new Date(clock.now()));
      const usable = outcome.kind !== 'timeout' && outcome.kind !== 'exit';
      const cold = lease.leases === 1;
      // What the code wrote to its pipes just before it answered is read in this turn of the event loop at the latest.
      if (revision.runtime.protocol === 'runtime-api') await new Promise(setImmediate);
      this.#report(revision, lease, { requestId, durationMs, failure, cold });
      pool.release(lease, usable, durationMs);
      return {
        requestId,
        traceId,
        version: revision.version,
        status: failure?.status ?? 'success',
        payload: outcome.kind === 'result' ? outcome.payload : (failure as Failure).payload,
        errorType: failure?.errorType,
        durationMs,
        start: cold ? 'cold' : 'warm',
        tail: request.wantTail === true ? this.#tails.read(requestId) : undefined,
      };
    } finally {
      if (request.wantTail === true) this.#tails.close(requestId);
    }
  }

  /** Throws what {@link Router.invoke} would before it runs anything. */
  check(name: string, qualifier: string | undefined): void {
    this.#options.resolve(name, qualifier);
  }

  /** Hooks for the session of a new sandbox: what it prints goes to the log of its function. */
  hooksFor(revision: PoolRevision, sandbox: string, onProtocolError: (what: string) => void): SessionHooks {
    const { logs } = this.#options;
    const source = { version: revision.version, sandbox };
    return {
      onLog: (stream: LogStream, text: string, requestId: string, time: number) => {
        logs.append(revision.functionName, source, stream, text, requestId, time);
        if (this.#tails.active) this.#tails.add(requestId, text);
      },
      onProtocolError,
    };
  }

  #initFailed(failed: InitFailure, revision: PoolRevision, requestId: string, traceId: string): InvokeAnswer {
    const { clock } = this.#options;
    const failure = failureOfInit(failed.outcome, requestId, failed.limitMs);
    const now = clock.now();
    const { sandboxId } = failed;
    this.#note(revision, sandboxId, { type: 'start' }, requestId, now);
    this.#note(revision, sandboxId, { type: 'init-error', errorType: failure.errorType }, requestId, now);
    if (failure.note === undefined) this.#note(revision, sandboxId, { type: 'note', text: Buffer.from(failure.payload).toString() }, requestId, now);
    this.#finish(revision, sandboxId, { requestId, durationMs: failed.initMs, failure, initMs: failed.initMs, maxMemoryMiB: 0, start: 'cold' });
    return {
      requestId,
      traceId,
      version: revision.version,
      status: failure.status,
      payload: failure.payload,
      errorType: failure.errorType,
      durationMs: failed.initMs,
      start: 'cold',
      tail: this.#tails.read(requestId),
    };
  }

  #report(revision: PoolRevision, lease: Lease, run: { requestId: string; durationMs: number; failure: Failure | undefined; cold: boolean }): void {
    this.#finish(revision, lease.id, {
      requestId: run.requestId,
      durationMs: run.durationMs,
      failure: run.failure,
      initMs: run.cold ? lease.initMs : undefined,
      maxMemoryMiB: lease.sandbox?.peakMemoryMiB() ?? 0,
      start: run.cold ? 'cold' : 'warm',
    });
  }

  #finish(revision: PoolRevision, sandbox: string, run: Finished): void {
    const now = this.#options.clock.now();
    const { failure } = run;
    if (failure?.note !== undefined) this.#note(revision, sandbox, { type: 'note', text: failure.note }, run.requestId, now);
    const record: PlatformRecord = {
      type: 'report',
      status: failure?.status ?? 'success',
      durationMs: run.durationMs,
      billedMs: Math.ceil(run.durationMs),
      memoryMiB: revision.config.memoryMiB,
      maxMemoryMiB: Math.ceil(run.maxMemoryMiB),
      start: run.start,
      ...(failure === undefined ? undefined : { errorType: failure.errorType }),
      ...(run.initMs === undefined ? undefined : { initMs: run.initMs }),
    };
    this.#note(revision, sandbox, record, run.requestId, now);
  }

  #note(revision: PoolRevision, sandbox: string, record: PlatformRecord, requestId: string, time: number): void {
    this.#options.logs.appendPlatform(revision.functionName, { version: revision.version, sandbox }, record, requestId, time);
    if (this.#tails.active) this.#tails.addPlatform(requestId, record, revision.version);
  }
}

interface Finished {
  readonly requestId: string;
  readonly durationMs: number;
  readonly failure: Failure | undefined;
  readonly initMs: number | undefined;
  readonly maxMemoryMiB: number;
  readonly start: 'cold' | 'warm';
}

/** An X-Ray trace header of our own, for callers that sent none: runtimes need one always. */
function newTraceId(now: number): string {
  const hex = randomBytes(20).toString('hex');
  return `Root=1-${Math.floor(now / 1000).toString(16)}-${hex.slice(0, 24)};Parent=${hex.slice(24)};Sampled=0`;
}
