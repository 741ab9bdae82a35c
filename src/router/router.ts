import { randomUUID } from 'node:crypto';
import type { InvocationContext, LogStream, PlatformRecord } from '../contract/index.ts';
import type { Clock } from '../kit/index.ts';
import type { InvokeOutcome, Session, SessionHooks } from '../executor/session.ts';
import type { LogStore } from '../logs/index.ts';
import type { InitFailure, Lease, Pool, PoolRevision, SandboxId } from '../pool/index.ts';
import { failureOfInit, failureOfInvoke, type Failure, type InvocationStatus } from './failure.ts';
import { LogTails } from './log-tails.ts';

/** An event and whom it is for. */
export interface InvokeRequest {
  readonly name: string;
  /** Version number or alias; undefined for the live pointer. */
  readonly qualifier: string | undefined;
  /** UUID, where the caller had to know it first; otherwise the router makes one. */
  readonly requestId?: string;
  /** Handed to the handler byte for byte. */
  readonly event: Uint8Array;
  readonly http?: boolean;
  /** Decoded JSON text. */
  readonly clientContext?: string | undefined;
  readonly traceId?: string | undefined;
  /** Takes the request out of the queue; what runs is not stopped. Read only when it has to wait, so it may be made then. */
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
    let revision = this.#options.resolve(request.name, request.qualifier);
    const requestId = request.requestId ?? randomUUID();
    const ids: Ids = { requestId, traceId: request.traceId ?? newTraceId(clock.now()) };
    if (request.wantTail === true) this.#tails.open(requestId);
    try {
      for (let first = true; ; first = false) {
        const lease = pool.tryLease(revision) ?? (await pool.lease(revision, request.signal));
        if ('kind' in lease) return this.#initFailed(lease, revision, ids);
        const answer = await this.#run(lease, request, ids, first);
        if (answer !== undefined) return answer;
        // Sent ahead into a sandbox that died or got stuck before it started: it goes to another, if there is one to go to.
        revision = this.#options.resolve(request.name, request.qualifier);
      }
    } finally {
      if (request.wantTail === true) this.#tails.close(requestId);
    }
  }

  /** Undefined when it did not start. */
  async #run(lease: Lease, request: InvokeRequest, ids: Ids, first: boolean): Promise<InvokeAnswer | undefined> {
    const { pool, clock } = this.#options;
    const { revision } = lease;
    const start = lease.leases === 1 ? 'cold' : 'warm';
    const began = clock.monotonic();
    const startedAt = clock.now();
    // Only an outcome can show that the sandbox may go on; if anything throws, it may not.
    let usable = false;
    let ranMs: number | undefined;
    try {
      if (first) this.#note(lease, { type: 'start' }, ids.requestId, startedAt);
      const outcome = await new Promise<InvokeOutcome>((resolve) => {
        lease.session.start(contextOf(request, ids, revision, startedAt + revision.config.timeoutMs), request.event, resolve);
      });
      usable = outcome.kind !== 'timeout' && outcome.kind !== 'exit' && !(outcome.kind === 'error' && outcome.leaving === true);
      if (outcome.kind === 'unstarted') return undefined;
      ranMs = ('ranMs' in outcome ? outcome.ranMs : undefined) ?? clock.monotonic() - began;
      // What the code wrote to its pipes just before it answered is read in this turn of the event loop at the latest.
      if (revision.runtime.protocol === 'runtime-api') await new Promise(setImmediate);
      return this.#answered(lease, request, ids, { outcome, durationMs: ranMs, start });
    } finally {
      pool.release(lease, usable, ranMs);
    }
  }

  #answered(lease: Lease, request: InvokeRequest, ids: Ids, ran: Ran): InvokeAnswer {
    const { revision } = lease;
    const { requestId } = ids;
    const { outcome, durationMs, start } = ran;
    const now = new Date(this.#options.clock.now());
    const failure = outcome.kind === 'result' ? undefined : failureOfInvoke(outcome, requestId, revision.config.timeoutMs, now);
    this.#finish(lease, requestId, {
      durationMs,
      failure,
      initMs: start === 'cold' ? lease.initMs : undefined,
      maxMemoryMiB: lease.sandbox?.peakMemoryMiB() ?? 0,
      start,
    });
    return {
      ...ids,
      version: revision.version,
      status: failure?.status ?? 'success',
      payload: outcome.kind === 'result' ? outcome.payload : (failure as Failure).payload,
      errorType: failure?.errorType,
      durationMs,
      start,
      tail: request.wantTail === true ? this.#tails.read(requestId) : undefined,
    };
  }

  /** Throws what {@link Router.invoke} would before it runs anything. */
  check(name: string, qualifier: string | undefined): void {
    this.#options.resolve(name, qualifier);
  }

  /** Hooks for the session of a new sandbox: what it prints goes to the log of its function, and waits when that can't keep up. */
  hooksFor(revision: PoolRevision, sandbox: string, onProtocolError: (what: string) => void): SessionHooks {
    const { logs } = this.#options;
    const source = { version: revision.version, sandbox };
    let session: Session | undefined;
    let held = false;
    const hold = (): void => {
      held = true;
      session?.pause?.();
      logs.whenRelieved(() => {
        held = false;
        session?.resume?.();
      });
    };
    return {
      attached: (made) => {
        session = made;
        if (held) made.pause?.();
      },
      onLog: (stream: LogStream, text: string, requestId: string, time: number) => {
        logs.append(revision.functionName, source, stream, text, requestId, time);
        if (this.#tails.active) this.#tails.add(requestId, text);
        if (!held && logs.underPressure) hold();
      },
      onProtocolError,
    };
  }

  #initFailed(failed: InitFailure, revision: PoolRevision, ids: Ids): InvokeAnswer {
    const { requestId } = ids;
    const place: Place = { revision, id: failed.sandboxId };
    const failure = failureOfInit(failed.outcome, requestId, failed.limitMs);
    const now = this.#options.clock.now();
    this.#note(place, { type: 'start' }, requestId, now);
    this.#note(place, { type: 'init-error', errorType: failure.errorType }, requestId, now);
    if (failure.note === undefined) this.#note(place, { type: 'note', text: Buffer.from(failure.payload).toString() }, requestId, now);
    this.#finish(place, requestId, { durationMs: failed.initMs, failure, initMs: failed.initMs, maxMemoryMiB: 0, start: 'cold' });
    return {
      ...ids,
      version: revision.version,
      status: failure.status,
      payload: failure.payload,
      errorType: failure.errorType,
      durationMs: failed.initMs,
      start: 'cold',
      tail: this.#tails.read(requestId),
    };
  }

  #finish(place: Place, requestId: string, run: Finished): void {
    const now = this.#options.clock.now();
    const { failure } = run;
    if (failure?.note !== undefined) this.#note(place, { type: 'note', text: failure.note }, requestId, now);
    const record: PlatformRecord = {
      type: 'report',
      status: failure?.status ?? 'success',
      durationMs: run.durationMs,
      billedMs: Math.ceil(run.durationMs),
      memoryMiB: place.revision.config.memoryMiB,
      maxMemoryMiB: Math.ceil(run.maxMemoryMiB),
      start: run.start,
      ...(failure === undefined ? undefined : { errorType: failure.errorType }),
      ...(run.initMs === undefined ? undefined : { initMs: run.initMs }),
    };
    this.#note(place, record, requestId, now);
  }

  #note(place: Place, record: PlatformRecord, requestId: string, time: number): void {
    const { functionName, version } = place.revision;
    this.#options.logs.appendPlatform(functionName, { version, sandbox: place.id }, record, requestId, time);
    if (this.#tails.active) this.#tails.addPlatform(requestId, record, version);
  }
}

/** One run, as the session and the clock saw it. */
interface Ran {
  readonly outcome: Exclude<InvokeOutcome, { kind: 'unstarted' }>;
  readonly durationMs: number;
  readonly start: 'cold' | 'warm';
}

/** What names one invocation. */
interface Ids {
  readonly requestId: string;
  readonly traceId: string;
}

/** Where it ran; a lease is one. */
interface Place {
  readonly revision: PoolRevision;
  readonly id: SandboxId;
}

interface Finished {
  readonly durationMs: number;
  readonly failure: Failure | undefined;
  readonly initMs: number | undefined;
  readonly maxMemoryMiB: number;
  readonly start: 'cold' | 'warm';
}

function contextOf(request: InvokeRequest, ids: Ids, revision: PoolRevision, deadlineMs: number): InvocationContext {
  return {
    requestId: ids.requestId,
    deadlineMs,
    functionArn: request.qualifier === undefined ? revision.functionArn : `${revision.functionArn}:${request.qualifier}`,
    traceId: ids.traceId,
    ...(request.clientContext === undefined ? undefined : { clientContext: request.clientContext }),
    ...(request.http === true ? { http: true } : undefined),
  };
}

/** An X-Ray trace header of our own, for callers that sent none: runtimes need one always. `now` is milliseconds since the epoch. */
export function newTraceId(now: number): string {
  // A UUID and not 20 random bytes: Node draws entropy for UUIDs in advance. Its 32 digits without the dashes serve twice.
  const id = randomUUID();
  const tail = id.slice(24);
  const root = id.slice(0, 8) + id.slice(9, 13) + tail;
  return `Root=1-${Math.floor(now / 1000).toString(16)}-${root};Parent=${id.slice(19, 23)}${tail};Sampled=0`;
}
