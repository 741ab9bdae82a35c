import { randomUUID } from 'node:crypto';
import type { InvocationContext, Origin } from '../contract/index.ts';
import { asLamError, lamError, type LamError } from '../errors/index.ts';
import type { InvocationHooks, InvokeOutcome } from '../executor/session.ts';
import type { Clock, EpochMs } from '../kit/index.ts';
import type { InitFailure, Acquisition, Pool, PoolRevision, Waiter } from '../pool/index.ts';
import type { Observers } from '../observer/index.ts';
import { PROTOCOLS } from '../runtimes/index.ts';
import { failureOfInit, failureOfInvoke, type Failure, type InvocationStatus } from './failure.ts';
import type { PlatformLog } from './platform-log.ts';
import { InvocationTrail } from './trail.ts';

/** Larger events are never sent ahead (bytes). */
const LARGE_BYTES = 64 * 1024;

/** An event for a function. */
export interface InvokeRequest {
  readonly name: string;
  /** Version number or alias; undefined for the live pointer. */
  readonly qualifier: string | undefined;
  /** UUID; generated when left out. */
  readonly requestId?: string;
  /** Passed to the handler byte for byte. */
  readonly event: Uint8Array;
  readonly http?: boolean;
  /** Client context, as decoded JSON text. */
  readonly clientContext?: string | undefined;
  readonly traceId?: string | undefined;
  /** What caused it; a direct caller when left out. */
  readonly origin?: Origin;
  /** Which attempt at the same event this is; 1 when left out. */
  readonly attempt?: number;
  /** Adds the last 4 KB of this invocation's log to the answer. */
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
  /** Log tail; undefined without {@link InvokeRequest.wantTail}. */
  readonly tail: string | undefined;
}

/** Receives the answer. Either `answered` or `failed` is called, once; no method may throw. */
export interface InvokeSink {
  /**
   * The handler may have begun: its code is loaded and the event is about to be handed to it. At most once, before
   * `answered`; never for what fails before its handler is reached. Before this it has certainly not begun and may run
   * elsewhere (the router moves it itself when its sandbox is lost); after this a lost sandbox is an answer
   * (`Runtime.ExitError`), and running it again may run it twice. An invocation that was sent ahead starts when the daemon has read the answer of
   * the one in front of it. So if the daemon itself is lost while that answer is on its way, the handler may have
   * begun without this call; an event over 64 KiB is never sent ahead.
   */
  started?(at: EpochMs): void;
  answered(answer: InvokeAnswer): void;
  /** It could not be run; a function that fails is an answer. */
  failed(error: LamError): void;
}

/** An invocation in progress. */
export interface Underway {
  /** Removes it from the queue, so that it fails with `LAM_POOL_CANCELLED`; a running handler is not stopped. */
  cancel(): void;
}

/** The rooms that invocations use. */
export interface InvocationParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: PlatformLog;
  readonly resolve: (name: string, qualifier: string | undefined) => PoolRevision;
  readonly observers: Observers | undefined;
}

/** One invocation, from the request to the answer. A warm one allocates no promise. */
export class Invocation implements Underway, Waiter, InvocationHooks {
  since = 0;
  readonly isLarge: boolean;
  readonly #parts: InvocationParts;
  readonly #request: InvokeRequest;
  readonly #sink: InvokeSink;
  readonly #requestId: string;
  readonly #traceId: string;
  readonly #trail: InvocationTrail | undefined;
  /** The sandbox it runs in or was sent ahead to; undefined before the first. */
  #acquired: Acquisition | undefined;
  /** Removes it from the queue; returns whether it was there. */
  #withdraw: (() => boolean) | undefined;
  /** START was logged: it was sent to a sandbox before. */
  #isAgain = false;
  #isCold = false;
  /** It may not begin any more. */
  #isCancelled = false;
  /** Monotonic time it was sent to its sandbox. */
  #began = 0;

  constructor(parts: InvocationParts, request: InvokeRequest, sink: InvokeSink) {
    this.#parts = parts;
    this.#request = request;
    this.isLarge = request.event.byteLength > LARGE_BYTES;
    this.#sink = sink;
    this.#requestId = request.requestId ?? randomUUID();
    this.#traceId = request.traceId ?? newTraceId(parts.clock.now());
    if (parts.observers !== undefined) this.#trail = this.#newTrail(parts.observers);
  }

  /** Begins; its sink may be called before this returns. Never throws. */
  begin(): void {
    if (this.#request.wantTail === true) this.#parts.log.tails.open(this.#requestId);
    this.#findSandbox();
  }

  #findSandbox(): void {
    const { pool, resolve } = this.#parts;
    const { name, qualifier } = this.#request;
    try {
      if (this.#isCancelled) throw this.#cancelled();
      const revision = resolve(name, qualifier);
      const acquired = pool.acquire(revision, this.isLarge);
      if (acquired === undefined) this.#enqueue(revision);
      else this.#run(acquired);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #enqueue(revision: PoolRevision): void {
    this.#withdraw = this.#parts.pool.enqueue(revision, this);
    if (this.#withdraw !== undefined) this.#trail?.queued(revision.version);
  }

  /** Called by the pool, which is not re-entrant: continues in a microtask. */
  resolve(found: Acquisition | InitFailure): void {
    queueMicrotask(() => {
      try {
        if ('kind' in found) this.#initFailed(found);
        else this.#run(found);
      } catch (thrown) {
        this.#fail(thrown);
      }
    });
  }

  /** Called by the pool, which is not re-entrant: continues in a microtask. */
  reject(error: LamError): void {
    queueMicrotask(() => this.#fail(error));
  }

  cancel(): void {
    this.#isCancelled = true;
    if (this.#withdraw?.() === true) this.#fail(this.#cancelled());
  }

  #run(acquired: Acquisition): void {
    const { clock, log, pool } = this.#parts;
    const { revision } = acquired;
    this.#acquired = acquired;
    this.#isCold = acquired.claimCold();
    this.#began = clock.monotonic();
    const now = clock.now();
    try {
      if (!this.#isAgain) log.started(acquired, this.#requestId, now);
      this.#isAgain = true;
      this.#trail?.bound(acquired.id, revision.version, this.#isCold ? acquired.initMs : undefined);
      acquired.session.start(this.#context(revision, now + revision.config.timeoutMs), this.#request.event, this);
    } catch (thrown) {
      pool.release(acquired, false, undefined);
      throw thrown;
    }
  }

  /** Called by the session. */
  started(): void {
    const sink = this.#sink;
    const trail = this.#trail;
    if (sink.started === undefined && trail === undefined) return;
    const now = this.#parts.clock.now();
    sink.started?.(now);
    trail?.started(now);
  }

  /** Called by the session. */
  settled(outcome: InvokeOutcome): void {
    const acquired = this.#acquired as Acquisition;
    if (outcome.kind === 'unstarted') {
      // Sent ahead to a sandbox that died or got stuck before this one began: it runs elsewhere.
      this.#parts.pool.release(acquired, true, undefined);
      this.#findSandbox();
      return;
    }
    const ranMs = ('ranMs' in outcome ? outcome.ranMs : undefined) ?? this.#parts.clock.monotonic() - this.#began;
    if (PROTOCOLS[acquired.revision.runtime.descriptor.protocol].ordersOutput) this.#finish(acquired, outcome, ranMs);
    // Output that was written to the pipes before the answer is read in this turn of the event loop at the latest.
    else setImmediate(() => this.#finish(acquired, outcome, ranMs));
  }

  #finish(acquired: Acquisition, outcome: Ended, ranMs: number): void {
    let answer: InvokeAnswer;
    // The sandbox is reused only after a clean outcome; any throw discards it.
    let isUsable = false;
    try {
      try {
        answer = this.#answerOf(acquired, outcome, ranMs);
        isUsable =
          outcome.kind !== 'timeout' &&
          outcome.kind !== 'exit' &&
          !(outcome.kind === 'error' && outcome.leaving === true);
      } finally {
        this.#parts.pool.release(acquired, isUsable, ranMs);
      }
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#answer(answer);
  }

  #answerOf(acquired: Acquisition, outcome: Ended, durationMs: number): InvokeAnswer {
    const { clock, log } = this.#parts;
    const { revision } = acquired;
    const requestId = this.#requestId;
    const now = clock.now();
    const failure =
      outcome.kind === 'result'
        ? undefined
        : failureOfInvoke(outcome, requestId, revision.config.timeoutMs, new Date(now));
    const initMs = this.#isCold ? acquired.initMs : undefined;
    const maxMemoryMiB = acquired.sandbox?.peakMemoryMiB() ?? 0;
    const start = this.#isCold ? 'cold' : 'warm';
    if (this.#trail !== undefined) this.#trail.maxMemoryMiB = maxMemoryMiB;
    log.finished(acquired, requestId, { durationMs, failure, initMs, maxMemoryMiB, start }, now);
    return {
      requestId,
      traceId: this.#traceId,
      version: revision.version,
      status: failure?.status ?? 'success',
      payload: outcome.kind === 'result' ? outcome.payload : (failure as Failure).payload,
      errorType: failure?.errorType,
      durationMs,
      start,
      tail: this.#tail(),
    };
  }

  #initFailed(failed: InitFailure): void {
    const { clock, log } = this.#parts;
    const { revision } = failed;
    const requestId = this.#requestId;
    const failure = failureOfInit(failed.outcome, requestId, failed.limitMs);
    this.#trail?.bound(failed.sandboxId, revision.version, failed.initMs);
    log.initFailed({ revision, id: failed.sandboxId }, failed, failure, requestId, clock.now());
    this.#answer({
      requestId,
      traceId: this.#traceId,
      version: revision.version,
      status: failure.status,
      payload: failure.payload,
      errorType: failure.errorType,
      durationMs: failed.initMs,
      start: 'cold',
      tail: this.#tail(),
    });
  }

  #cancelled(): LamError {
    return lamError('LAM_POOL_CANCELLED', { name: this.#request.name });
  }

  #tail(): string | undefined {
    return this.#request.wantTail === true ? this.#parts.log.tails.read(this.#requestId) : undefined;
  }

  #answer(answer: InvokeAnswer): void {
    if (this.#request.wantTail === true) this.#parts.log.tails.close(this.#requestId);
    this.#sink.answered(answer);
    this.#trail?.settled(answer.status, answer.errorType, answer.durationMs);
  }

  #fail(thrown: unknown): void {
    if (this.#request.wantTail === true) this.#parts.log.tails.close(this.#requestId);
    const error = asLamError(thrown);
    this.#sink.failed(error);
    this.#trail?.settled('rejected', error.code, undefined);
  }

  #newTrail(observers: Observers): InvocationTrail {
    const { name: functionName, qualifier, origin, attempt } = this.#request;
    const accepted = { requestId: this.#requestId, traceId: this.#traceId, functionName, qualifier, origin, attempt };
    return new InvocationTrail(observers, this.#parts.clock, accepted);
  }

  #context(revision: PoolRevision, deadlineMs: number): InvocationContext {
    const { qualifier, clientContext, http } = this.#request;
    return {
      requestId: this.#requestId,
      deadlineMs,
      functionArn: qualifier === undefined ? revision.functionArn : `${revision.functionArn}:${qualifier}`,
      traceId: this.#traceId,
      ...(clientContext === undefined ? undefined : { clientContext }),
      ...(http === true ? { http } : undefined),
    };
  }
}

/** Outcome of an invocation that began. */
type Ended = Exclude<InvokeOutcome, { kind: 'unstarted' }>;

/** Returns a new X-Ray trace header, for callers that sent none: runtimes always need one. `now` is milliseconds since the epoch. */
export function newTraceId(now: number): string {
  // A UUID, because Node draws the entropy for UUIDs in advance; parts of its 32 digits are used twice.
  const id = randomUUID();
  const tail = id.slice(24);
  const root = id.slice(0, 8) + id.slice(9, 13) + tail;
  return `Root=1-${Math.floor(now / 1000).toString(16)}-${root};Parent=${id.slice(19, 23)}${tail};Sampled=0`;
}
