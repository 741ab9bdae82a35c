import { randomUUID } from 'node:crypto';
import {
  knownRequestId,
  type InvocationContext,
  type RequestId,
  type StartKind,
  type TraceId,
  depthOf,
  isTimeLimit,
  MOST_DEPTH,
  withDepth,
  type FunctionName,
  type Qualifier,
} from '../contract/index.ts';
import { asLamError, isLamError, lamError, type LamError } from '../errors/index.ts';
import type { InvocationHooks, InvokeOutcome, StreamControl, StreamHead, StreamReceiver } from '../executor/session.ts';
import type { Clock } from '../kit/index.ts';
import type { InitFailure, Acquisition, Pool, PoolRevision, Waiter } from '../pool/index.ts';
import type { Limits, Permit } from '../limits/index.ts';
import type { Observers } from '../observer/index.ts';
import { failureOfInit, failureOfInvoke, type Failure } from './failure.ts';
import type { InvokeAnswer, InvokeRequest, InvokeSink, Underway } from './invoke.ts';
import type { PlatformLog } from './platform-log.ts';
import { GatheredStream, NOBODY } from './streaming.ts';
import { newTraceId } from './trace-id.ts';
import { InvocationTrail } from './trail.ts';

/** Larger events are never sent ahead (bytes). */
const LARGE_BYTES = 64 * 1024;

/**
 * Returns the version to run; throws the registry's not-found errors. Called on the hot path: must be cheap. `key`
 * decides among the versions of a weighted alias.
 */
export type Resolve = (
  name: FunctionName,
  qualifier: Qualifier | undefined,
  key?: { readonly requestId: RequestId; readonly headers?: InvokeRequest['headers'] },
) => PoolRevision;

/** Other rooms that invocations use. */
export interface InvocationParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: PlatformLog;
  readonly resolve: Resolve;
  readonly observers: Observers | undefined;
  readonly limits: Pick<Limits, 'admit'> | undefined;
}

/** One invocation, from the request to the answer. A warm one allocates no promise. */
export class Invocation implements Underway, Waiter, InvocationHooks {
  since = 0;
  readonly isLarge: boolean;
  readonly timeoutMs: number | undefined;
  readonly #parts: InvocationParts;
  readonly #request: InvokeRequest;
  readonly #sink: InvokeSink;
  readonly #requestId: RequestId;
  readonly #traceId: TraceId;
  /** Functions in the chain of calls that led here, this one included. */
  readonly #depth: number;
  readonly #trail: InvocationTrail | undefined;
  /** The version that it is queued for; undefined before and after. */
  queuedFor: PoolRevision | undefined;
  /** The sandbox it runs in or was sent ahead to; undefined before the first. */
  acquired: Acquisition | undefined;
  /** Removes it from the queue; returns whether it was there. */
  #withdraw: (() => boolean) | undefined;
  /** START was logged: it was sent to a sandbox before. */
  #isAgain = false;
  #start: StartKind = 'warm';
  /** It may not begin any more. */
  #isCancelled = false;
  /** Monotonic time it was sent to its sandbox. */
  #began = 0;
  /** Set once its answer is streamed. */
  #stream: StreamControl | undefined;
  #gathered: GatheredStream | undefined;
  /** Given back when it ends. */
  #permit: Permit | undefined;

  constructor(parts: InvocationParts, request: InvokeRequest, sink: InvokeSink) {
    this.#parts = parts;
    this.#request = request;
    this.isLarge = request.event.byteLength > LARGE_BYTES;
    this.timeoutMs = request.timeoutMs;
    this.#sink = sink;
    this.#requestId = request.requestId ?? knownRequestId(randomUUID());
    this.#depth = request.traceId === undefined ? 1 : depthOf(request.traceId) + 1;
    this.#traceId = request.traceId ?? newTraceId(parts.clock.now());
    if (parts.observers !== undefined) this.#trail = this.#newTrail(parts.observers);
  }

  /** Begins; its sink may be called before this returns. Never throws. */
  begin(): void {
    if (this.#request.wantTail === true) this.#parts.log.tails.open(this.#requestId);
    const refusal = this.#refusal();
    if (refusal === undefined) this.#findSandbox();
    else this.#fail(refusal);
  }

  /** Why it may not run at all. */
  #refusal(): LamError | undefined {
    const { name } = this.#request;
    if (this.#depth > MOST_DEPTH) return lamError('LAM_ROUTER_LOOP', { name, most: MOST_DEPTH });
    const { timeoutMs } = this;
    if (timeoutMs !== undefined && !isTimeLimit(timeoutMs)) return lamError('LAM_ROUTER_TIME_LIMIT', { timeoutMs });
    const admitted = this.#parts.limits?.admit(name);
    if (admitted === undefined || isLamError(admitted)) return admitted;
    this.#permit = admitted;
    return undefined;
  }

  #findSandbox(): void {
    const { pool, resolve } = this.#parts;
    const { name, qualifier, headers } = this.#request;
    try {
      if (this.#isCancelled) throw this.#cancelled();
      const revision =
        qualifier === undefined
          ? resolve(name, qualifier)
          : resolve(name, qualifier, { requestId: this.#requestId, headers });
      const acquired = pool.acquire(revision, this.isLarge);
      if (acquired === undefined) this.#enqueue(revision);
      else this.#run(acquired);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #enqueue(revision: PoolRevision): void {
    this.#withdraw = this.#parts.pool.enqueue(revision, this);
    this.queuedFor = revision;
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
    this.#stream?.cancel();
  }

  #run(acquired: Acquisition): void {
    const { clock, log, pool } = this.#parts;
    const { revision } = acquired;
    this.acquired = acquired;
    this.queuedFor = undefined;
    this.#start = acquired.claimStart();
    this.#began = clock.monotonic();
    const now = clock.now();
    try {
      if (!this.#isAgain) log.started(acquired, this.#requestId, now);
      this.#isAgain = true;
      this.#trail?.bound(acquired, this.#start, acquired.initMs);
      const deadline = now + (this.timeoutMs ?? revision.config.timeoutMs);
      acquired.session.start(this.#context(revision, deadline), this.#request.event, this);
    } catch (thrown) {
      pool.release(acquired, false, undefined);
      throw thrown;
    }
  }

  /** Called by the session. */
  started(): void {
    const sink = this.#sink;
    const trail = this.#trail;
    const caller = this.acquired?.soleCaller;
    if (caller !== undefined) {
      caller.traceId = this.#traceId;
      caller.depth = this.#depth;
    }
    if (sink.started === undefined && trail === undefined) return;
    const now = this.#parts.clock.now();
    sink.started?.(now);
    trail?.started(now);
  }

  /** Called by the session. */
  streamed(head: StreamHead, control: StreamControl): StreamReceiver {
    this.#stream = control;
    if (this.#isCancelled) {
      control.cancel();
      return NOBODY;
    }
    const sink = this.#sink;
    if (sink.streamed === undefined) return (this.#gathered = new GatheredStream(control));
    const { version } = (this.acquired as Acquisition).revision;
    const { contentType } = head;
    return sink.streamed(
      { contentType, requestId: this.#requestId, traceId: this.#traceId, version, start: this.#start },
      control,
    );
  }

  /** Called by the session. */
  settled(outcome: InvokeOutcome): void {
    const acquired = this.acquired as Acquisition;
    if (outcome.kind === 'unstarted') {
      // It was given to a sandbox that ended or got stuck before this invocation began: it runs elsewhere.
      this.#parts.pool.release(acquired, outcome.hasEnded !== true, undefined);
      this.#findSandbox();
      return;
    }
    this.#stream = undefined;
    const ranMs = ('ranMs' in outcome ? outcome.ranMs : undefined) ?? this.#parts.clock.monotonic() - this.#began;
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
        this.#release(acquired, isUsable, ranMs);
      }
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#answer(answer);
  }

  /** Releases the sandbox, once its extensions have finished with this invocation: the answer does not wait for them. */
  #release(acquired: Acquisition, isUsable: boolean, ranMs: number): void {
    const { pool } = this.#parts;
    const settling = isUsable ? acquired.session.settling : undefined;
    if (settling === undefined) pool.release(acquired, isUsable, ranMs);
    else void settling.then((isFree) => pool.release(acquired, isFree, ranMs));
  }

  #answerOf(acquired: Acquisition, ended: Ended, durationMs: number): InvokeAnswer {
    const { clock, log } = this.#parts;
    const outcome = this.#gathered?.outcomeOf(ended) ?? ended;
    const { revision } = acquired;
    const requestId = this.#requestId;
    const now = clock.now();
    const failure =
      outcome.kind === 'result'
        ? undefined
        : failureOfInvoke(outcome, requestId, this.timeoutMs ?? revision.config.timeoutMs, new Date(now));
    const initMs = this.#start === 'warm' ? undefined : acquired.initMs;
    const maxMemoryMiB = acquired.sandbox?.peakMemoryMiB() ?? 0;
    const start = this.#start;
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
    this.#trail?.bound({ id: failed.sandboxId, revision }, failed.start, failed.initMs);
    if (this.#trail !== undefined) this.#trail.maxMemoryMiB = failed.maxMemoryMiB;
    log.initFailed({ revision, id: failed.sandboxId }, failed, failure, requestId, clock.now());
    this.#answer({
      requestId,
      traceId: this.#traceId,
      version: revision.version,
      status: failure.status,
      payload: failure.payload,
      errorType: failure.errorType,
      durationMs: failed.initMs,
      start: failed.start,
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
    this.#permit?.leave();
    this.#sink.answered(answer);
    this.#trail?.settled(answer.status, answer.errorType, answer.durationMs);
  }

  #fail(thrown: unknown): void {
    if (this.#request.wantTail === true) this.#parts.log.tails.close(this.#requestId);
    const error = asLamError(thrown);
    this.#permit?.leave();
    this.#sink.failed(error);
    this.#trail?.settled('rejected', error.code, undefined);
  }

  #newTrail(observers: Observers): InvocationTrail {
    const { name: functionName, qualifier, origin, attempt } = this.#request;
    const accepted = { requestId: this.#requestId, traceId: this.#traceId, functionName, qualifier, origin, attempt };
    return new InvocationTrail(observers, this.#parts.clock, accepted);
  }

  #context(revision: PoolRevision, deadlineMs: number): InvocationContext {
    const { qualifier, clientContext, http, verbatim } = this.#request;
    return {
      requestId: this.#requestId,
      deadlineMs,
      functionArn: qualifier === undefined ? revision.functionArn : `${revision.functionArn}:${qualifier}`,
      traceId: withDepth(this.#traceId, this.#depth),
      ...(clientContext === undefined ? undefined : { clientContext }),
      ...(http === true ? { http } : undefined),
      ...(verbatim === true ? { verbatim } : undefined),
    };
  }
}

/** Outcome of an invocation that began. */
type Ended = Exclude<InvokeOutcome, { kind: 'unstarted' }>;
