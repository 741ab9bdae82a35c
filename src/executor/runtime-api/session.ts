import type { IncomingMessage } from 'node:http';

import { LIMITS, type InvocationContext, type LogStream, type RequestId } from '../../contract/index.ts';
import type { Reply } from '../../http/index.ts';
import { invariant, type Clock } from '../../kit/index.ts';
import { LineSplitter } from '../line-splitter.ts';
import type {
  ExitStatus,
  InitOutcome,
  InitRequest,
  InvocationHooks,
  InvokeOutcome,
  Session,
  SessionHooks,
} from '../session.ts';
import { RuntimeApiCall } from './call.ts';
import { accept, refuse, REFUSALS, type RuntimeApiRefusal } from './answers.ts';
import { document, errorReport } from './error-report.ts';
import { initError, type ExtensionFailure, type Extensions } from './extensions/extensions.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { eventHeaders } from './event-headers.ts';
import { ManyCalls } from './many-calls.ts';
import { Polls } from './polls.ts';
import { readAnswer } from './read-answer.ts';
import { readBody } from './read-body.ts';
import { nextState, refusalText, type RuntimeEvent, type RuntimeState } from './runtime-state.ts';

/** Exit status reported by `close` before the process's exit was. */
const CLOSED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/** Session of one sandbox over the Runtime API. */
export class RuntimeApiSession implements Session {
  readonly interpreter = '';
  readonly #hooks: SessionHooks;
  readonly #clock: Clock;
  readonly #extensions: Extensions;
  readonly #telemetry: Telemetry;
  readonly #onClose: () => void;
  readonly #init = Promise.withResolvers<InitOutcome>();
  readonly #told = Promise.withResolvers<InitRequest | undefined>();
  readonly #splitters: Readonly<Record<'stdout' | 'stderr', LineSplitter>>;
  /** Of external extensions; made with their first output. */
  #extensionSplitters: Readonly<Record<'stdout' | 'stderr', LineSplitter>> | undefined;
  #state: RuntimeState = 'started';
  #startedAt: number;
  #timeoutMs = 0;
  readonly #polls: Polls;
  #pending: RuntimeApiCall | undefined;
  /** With a concurrency above 1, replaces the pending call, the last request id and all states after `started`. */
  #many: ManyCalls | undefined;
  /** Request id of the last delivered event; empty before the first. */
  #requestId: RequestId | '' = '';
  #ended: ExitStatus | undefined;
  #closed = false;

  constructor(parts: {
    hooks: SessionHooks;
    clock: Clock;
    extensions: Extensions;
    telemetry: Telemetry;
    onClose: () => void;
  }) {
    this.#hooks = parts.hooks;
    this.#clock = parts.clock;
    this.#extensions = parts.extensions;
    this.#telemetry = parts.telemetry;
    parts.extensions.onFailed = (failure) => this.#extensionFailed(failure);
    this.#onClose = parts.onClose;
    this.#polls = new Polls(parts.clock, (reply) => refuse(reply, refusedMove('ready', 'next')));
    this.#startedAt = parts.clock.monotonic();
    this.#splitters = this.#newSplitters('function');
  }

  #newSplitters(printer: 'function' | 'extension'): Readonly<Record<'stdout' | 'stderr', LineSplitter>> {
    const splitter = (stream: 'stdout' | 'stderr'): LineSplitter =>
      new LineSplitter(LIMITS.logRecordBytes, (text) => this.#log(printer, stream, text));
    return { stdout: splitter('stdout'), stderr: splitter('stderr') };
  }

  /** Whether the runtime is still in its init. */
  get isStarting(): boolean {
    return this.#state === 'started';
  }

  /** Settles with the request of {@link Session.init}, or undefined when the session ends first. */
  get told(): Promise<InitRequest | undefined> {
    return this.#told.promise;
  }

  /** Starts measuring the init: the process was just started. */
  spawned(): void {
    this.#startedAt = this.#clock.monotonic();
  }

  /** Makes init answer with this error, for code without a valid entry point; without effect once it has polled. */
  failInit(errorType: string, errorMessage: string): void {
    if (this.#state !== 'started') return;
    this.#state = 'init-failed';
    this.#init.resolve({ kind: 'error', payload: document(errorType, errorMessage), errorType });
  }

  init(request: InitRequest, limitMs: number): Promise<InitOutcome> {
    this.#told.resolve(request);
    this.#extensions.begin(request);
    this.#telemetry.initStarted(request);
    this.#timeoutMs = request.timeoutMs;
    if (request.concurrency > 1) this.#many = new ManyCalls(this.#clock);
    this.#polls.limit(Math.max(1, request.concurrency));
    const began = this.#clock.monotonic();
    const cancel = this.#clock.after(limitMs, () => this.#init.resolve({ kind: 'timeout' }));
    return this.#init.promise.then(async (ofRuntime) => {
      cancel();
      const outcome = await this.#extensions.complete(ofRuntime, limitMs - (this.#clock.monotonic() - began));
      this.#telemetry.initDone(outcome);
      this.#noteEnd(outcome.kind);
      return outcome;
    });
  }

  get settling(): Promise<boolean> | undefined {
    return this.#extensions.settling;
  }

  start(context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void {
    const exit = this.#ended;
    if (exit !== undefined) {
      const outcome = this.#undeliveredAt(exit);
      queueMicrotask(() => hooks.settled(outcome));
      return;
    }
    const { failure } = this.#extensions;
    if (failure !== undefined) {
      queueMicrotask(() => hooks.settled(endedBy(failure, context.requestId)));
      return;
    }
    if (this.#many !== undefined) {
      this.#startBesides(this.#many, context, event, hooks);
      return;
    }
    invariant(this.#pending === undefined, 'a Runtime API sandbox was given a second invocation while one was running');
    const cancel = this.#clock.after(hooks.timeoutMs ?? this.#timeoutMs, () =>
      this.#settleAfterOutput(this.#takePending(), { kind: 'timeout' }),
    );
    this.#pending = new RuntimeApiCall(context, event, hooks, (outcome) => {
      cancel();
      this.#settled(context.requestId, outcome);
    });
    this.#deliver();
  }

  // oxlint-disable-next-line max-params -- called once per invocation: an options object would be one more allocation
  #startBesides(many: ManyCalls, context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void {
    if (many.hasTimedOut) {
      queueMicrotask(() => hooks.settled({ kind: 'unstarted' }));
      return;
    }
    many.add(context, event, hooks.timeoutMs ?? this.#timeoutMs, {
      started: () => hooks.started(),
      streamed: (head, control) => hooks.streamed(head, control),
      settled: (outcome) => {
        this.#settled(context.requestId, outcome);
        hooks.settled(outcome);
      },
    });
    this.#deliver();
  }

  exited(status: ExitStatus): void {
    if (this.#ended !== undefined) return;
    this.#flush();
    this.#ended = status;
    this.#many?.end(status);
    this.#told.resolve(undefined);
    this.#extensions.begin(undefined);
    this.#init.resolve({ kind: 'exit', exit: status });
    const outcome = this.#state === 'running' ? { kind: 'exit' as const, exit: status } : this.#undeliveredAt(status);
    this.#takePending()?.settle(outcome);
  }

  /**
   * The outcome of an invocation that the process ended without polling for. Before its first event it is the exit: the
   * next process may end the same way, again and again. After that, AWS runs the invocation in a new environment.
   */
  #undeliveredAt(exit: ExitStatus): InvokeOutcome {
    return this.#requestId === '' ? { kind: 'exit', exit } : { kind: 'unstarted', hasEnded: true };
  }

  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (!this.#closed) this.#splitters[stream].push(chunk);
  }

  /** What external extensions print. */
  extensionOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#extensionSplitters ??= this.#newSplitters('extension');
    this.#extensionSplitters[stream].push(chunk);
  }

  close(): void {
    if (this.#closed) return;
    this.exited(CLOSED);
    this.#closed = true;
    this.#telemetry.close();
    this.#onClose();
  }

  /** `GET next`: stays open until there is an event. */
  next(reply: Reply): void {
    if (!this.#allows('next', reply)) return;
    this.#polls.add(reply);
    if (this.#state === 'started')
      this.#init.resolve({ kind: 'ready', durationMs: this.#clock.monotonic() - this.#startedAt });
    this.#move('next');
    this.#deliver();
  }

  /** `POST init/error`. */
  async initError(req: IncomingMessage, reply: Reply): Promise<void> {
    if (!this.#allows('init-error', reply)) return;
    const body = await readBody(req, LIMITS.payloadBytes);
    if (body.kind === 'truncated' || !this.#allows('init-error', reply)) return;
    this.#move('init-error');
    if (body.kind === 'too-large') {
      refuse(reply, REFUSALS.tooLarge);
      this.#init.resolve({
        kind: 'error',
        errorType: 'Runtime.Unknown',
        payload: document('Runtime.Unknown', REFUSALS.tooLarge.errorMessage),
      });
      return;
    }
    accept(reply);
    this.#init.resolve({ kind: 'error', ...errorReport(req.headers, body.bytes) });
  }

  /** `POST {id}/response` and `POST {id}/error`, whose body has not arrived yet. */
  async answer(event: 'response' | 'error', requestId: string, req: IncomingMessage, reply: Reply): Promise<void> {
    const refusal = this.refusalOf(event, requestId);
    if (refusal !== undefined) return refuse(reply, refusal);
    const answer = await readAnswer(event, req, this.#pending ?? this.#many?.find(requestId));
    if (answer.kind === 'lost') return;
    if (answer.kind === 'taken') return refuse(reply, refusedMove('responded', event));
    this.answered(event, requestId, answer, reply);
  }

  /** `POST {id}/response` and `POST {id}/error`, once it is read; `refusal` is what it is answered. */
  answered(
    event: 'response' | 'error',
    requestId: string,
    answer: { readonly outcome: InvokeOutcome; readonly refusal?: RuntimeApiRefusal },
    reply: Reply,
  ): void {
    const refusal = this.refusalOf(event, requestId);
    if (refusal !== undefined) return refuse(reply, refusal);
    this.#move(event);
    if (answer.refusal === undefined) accept(reply);
    else refuse(reply, answer.refusal);
    this.#settle(requestId, answer.outcome);
  }

  /** Why an answer to this request is refused, whatever it is. AWS looks at the request id before the state. */
  refusalOf(event: 'response' | 'error', requestId: string): RuntimeApiRefusal | undefined {
    const isKnown = this.#many?.isRunning(requestId) ?? requestId === this.#requestId;
    return isKnown ? this.#refusalOf(event) : REFUSALS.invalidRequestId;
  }

  #refusalOf(event: RuntimeEvent): RuntimeApiRefusal | undefined {
    if (this.#ended !== undefined) return REFUSALS.closing;
    return this.#follows(event) === undefined ? refusedMove(this.#state, event) : undefined;
  }

  /** Refuses the request unless it is allowed. */
  #allows(event: RuntimeEvent, reply: Reply): boolean {
    const refusal = this.#refusalOf(event);
    if (refusal !== undefined) refuse(reply, refusal);
    return refusal === undefined;
  }

  /** The state after `event`. With a concurrency above 1, a started runtime accepts all requests about invocations. */
  #follows(event: RuntimeEvent): RuntimeState | undefined {
    const isOfMany = this.#many !== undefined && this.#state === 'ready' && event !== 'init-error';
    return isOfMany ? 'ready' : nextState(this.#state, event);
  }

  #move(event: RuntimeEvent): void {
    const next = this.#follows(event);
    invariant(next !== undefined, refusalText(this.#state, event));
    this.#state = next;
  }

  /** Writes a pending event to an open `next`, if there are both. */
  #deliver(): void {
    if (this.#many !== undefined) {
      this.#deliverMany(this.#many);
      return;
    }
    const pending = this.#pending;
    const waiter = pending === undefined ? undefined : this.#polls.take();
    if (pending === undefined || waiter === undefined) return;
    if (this.#state === 'ready') {
      this.#flush();
      this.#move('deliver');
      this.#requestId = pending.context.requestId;
      this.#begin(pending);
    }
    give(waiter, pending);
  }

  #deliverMany(many: ManyCalls): void {
    while (many.hasUndelivered) {
      const waiter = this.#polls.take();
      const call = waiter === undefined ? undefined : many.deliver();
      if (waiter === undefined || call === undefined) return;
      this.#begin(call);
      give(waiter, call);
    }
  }

  #begin(call: RuntimeApiCall): void {
    this.#telemetry.started(call.context);
    this.#extensions.invoked(call.context);
    call.started();
  }

  #settled(requestId: RequestId, outcome: InvokeOutcome): void {
    this.#noteEnd(outcome.kind);
    this.#telemetry.settled(requestId, outcome, this.settling);
  }

  /** Remembers why the sandbox will be shut down. */
  #noteEnd(kind: (InitOutcome | InvokeOutcome)['kind']): void {
    if (kind === 'timeout') this.#extensions.reason = 'timeout';
    else if (kind === 'exit') this.#extensions.reason = 'failure';
  }

  #extensionFailed(failure: ExtensionFailure): void {
    this.#extensions.reason = 'failure';
    this.#init.resolve(initError(failure));
    const pending = this.#takePending();
    for (const call of [...(pending === undefined ? [] : [pending]), ...(this.#many?.takeAll() ?? [])])
      this.#settleAfterOutput(call, endedBy(failure, call.context.requestId));
  }

  #settle(requestId: string, outcome: InvokeOutcome): void {
    this.#settleAfterOutput(this.#takePending() ?? this.#many?.take(requestId), outcome);
  }

  /**
   * Settles it once its output is read. Output that was written before the answer is readable when the answer is, so it
   * is read in this turn of the event loop at the latest; an unterminated last line is complete then.
   */
  #settleAfterOutput(call: RuntimeApiCall | undefined, outcome: InvokeOutcome): void {
    if (call === undefined) return;
    setImmediate(() => {
      // The unterminated line may be another's that runs at the same time.
      if (this.#many?.isBusy !== true) this.#flush();
      call.settle(outcome);
    });
  }

  #takePending(): RuntimeApiCall | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  #flush(): void {
    this.#splitters.stdout.flush();
    this.#splitters.stderr.flush();
  }

  #log(printer: 'function' | 'extension', stream: LogStream, line: string): void {
    // AWS's runtimes write a record as one line, with carriage returns for its line breaks.
    const text = line.replaceAll('\r', '\n');
    const now = this.#clock.now();
    this.#telemetry.printed(printer, text, now);
    this.#hooks.onLog(stream, text, this.#many?.rawRequestId ?? this.#requestId, now);
  }
}

/** The outcome of an invocation that an extension has failed. */
function endedBy({ errorType, errorMessage }: ExtensionFailure, requestId: RequestId): InvokeOutcome {
  const payload = document(errorType, `RequestId: ${requestId} Error: ${errorMessage}`);
  return { kind: 'error', errorType, payload, leaving: true };
}

function refusedMove(state: RuntimeState, event: RuntimeEvent): RuntimeApiRefusal {
  return { status: 403, errorType: 'InvalidStateTransition', errorMessage: refusalText(state, event) };
}

function give(waiter: Reply, { context, event }: RuntimeApiCall): void {
  waiter.send(200, eventHeaders(context), event);
}
