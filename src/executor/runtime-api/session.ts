import type { IncomingMessage, ServerResponse } from 'node:http';

import { LIMITS, type InvocationContext, type LogStream, type RequestId } from '../../contract/index.ts';
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
import { accept, forbid, refuse, REFUSALS } from './answers.ts';
import { document, errorReport, trailerReport } from './error-report.ts';
import type { Extensions } from './extensions.ts';
import { eventHeaders } from './event-headers.ts';
import { ManyCalls, type RuntimeApiCall } from './many-calls.ts';
import { Polls } from './polls.ts';
import { readBody, type Body } from './read-body.ts';
import { nextState, refusalText, type RuntimeEvent, type RuntimeState } from './runtime-state.ts';

/** Exit status reported by `close` before the process's exit was. */
const CLOSED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/** Session of one sandbox over the Runtime API. */
export class RuntimeApiSession implements Session {
  readonly interpreter = '';
  readonly #hooks: SessionHooks;
  readonly #clock: Clock;
  readonly #extensions: Extensions;
  readonly #onClose: () => void;
  readonly #init = Promise.withResolvers<InitOutcome>();
  readonly #told = Promise.withResolvers<InitRequest | undefined>();
  readonly #splitters: Readonly<Record<'stdout' | 'stderr', LineSplitter>>;
  #state: RuntimeState = 'started';
  #startedAt: number;
  #timeoutMs = 0;
  readonly #polls = new Polls();
  #pending: RuntimeApiCall | undefined;
  /** With a concurrency above 1, replaces the pending call, the last request id and all states after `started`. */
  #many: ManyCalls | undefined;
  /** Request id of the last delivered event; empty before the first. */
  #requestId: RequestId | '' = '';
  #ended: ExitStatus | undefined;
  #closed = false;

  constructor(parts: { hooks: SessionHooks; clock: Clock; extensions: Extensions; onClose: () => void }) {
    this.#hooks = parts.hooks;
    this.#clock = parts.clock;
    this.#extensions = parts.extensions;
    this.#onClose = parts.onClose;
    this.#startedAt = parts.clock.monotonic();
    const splitter = (stream: LogStream): LineSplitter =>
      new LineSplitter(LIMITS.logRecordBytes, (text) => this.#log(stream, text));
    this.#splitters = { stdout: splitter('stdout'), stderr: splitter('stderr') };
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

  /** Makes init answer with this error, for code without a valid entry point. */
  failInit(errorType: string, errorMessage: string): void {
    this.#state = 'init-failed';
    this.#init.resolve({ kind: 'error', payload: document(errorType, errorMessage), errorType });
  }

  init(request: InitRequest, limitMs: number): Promise<InitOutcome> {
    this.#told.resolve(request);
    this.#timeoutMs = request.timeoutMs;
    if (request.concurrency > 1) this.#many = new ManyCalls(this.#clock);
    this.#polls.limit(Math.max(1, request.concurrency));
    const cancel = this.#clock.after(limitMs, () => this.#init.resolve({ kind: 'timeout' }));
    return this.#init.promise.finally(cancel);
  }

  start(context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void {
    const exit = this.#ended;
    if (exit !== undefined) {
      queueMicrotask(() => hooks.settled({ kind: 'exit', exit }));
      return;
    }
    if (this.#many !== undefined) {
      this.#startBesides(this.#many, context, event, hooks);
      return;
    }
    invariant(this.#pending === undefined, 'a Runtime API sandbox was given a second invocation while one was running');
    const cancel = this.#clock.after(this.#timeoutMs, () => this.#settlePending({ kind: 'timeout' }));
    this.#pending = {
      context,
      event,
      started: () => hooks.started(),
      settle: (outcome) => {
        cancel();
        hooks.settled(outcome);
      },
    };
    this.#deliver();
  }

  // oxlint-disable-next-line max-params -- called once per invocation: an options object would be one more allocation
  #startBesides(many: ManyCalls, context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void {
    if (many.hasTimedOut) {
      queueMicrotask(() => hooks.settled({ kind: 'unstarted' }));
      return;
    }
    many.add(context, event, this.#timeoutMs, hooks);
    this.#deliver();
  }

  exited(status: ExitStatus): void {
    if (this.#ended !== undefined) return;
    this.#flush();
    this.#ended = status;
    this.#many?.end(status);
    this.#told.resolve(undefined);
    this.#init.resolve({ kind: 'exit', exit: status });
    this.#settlePending({ kind: 'exit', exit: status });
  }

  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (!this.#closed) this.#splitters[stream].push(chunk);
  }

  close(): void {
    if (this.#closed) return;
    this.exited(CLOSED);
    this.#closed = true;
    this.#onClose();
  }

  /** `GET next`: stays open until there is an event. */
  next(res: ServerResponse): void {
    if (!this.#allows('next', res)) return;
    this.#polls.add(res);
    if (this.#state === 'started')
      this.#init.resolve({ kind: 'ready', durationMs: this.#clock.monotonic() - this.#startedAt });
    this.#move('next');
    this.#deliver();
  }

  /** `POST init/error`. */
  async initError(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!this.#allows('init-error', res)) return;
    const body = await readBody(req, LIMITS.payloadBytes);
    if (body.kind === 'truncated' || !this.#allows('init-error', res)) return;
    this.#move('init-error');
    if (body.kind === 'too-large') {
      refuse(res, REFUSALS.tooLarge);
      this.#init.resolve({
        kind: 'error',
        errorType: 'Runtime.Unknown',
        payload: document('Runtime.Unknown', REFUSALS.tooLarge.errorMessage),
      });
      return;
    }
    accept(res);
    this.#init.resolve({ kind: 'error', ...errorReport(req.headers, body.bytes) });
  }

  /** `POST {id}/response` and `POST {id}/error`. */
  async answer(
    event: 'response' | 'error',
    requestId: string,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    if (!this.#allowsAnswer(event, requestId, res)) return;
    const mode = req.headers['lambda-runtime-function-response-mode'];
    if (mode !== undefined && mode !== 'streaming') {
      const type = 'Runtime.InvalidResponseModeHeader';
      this.#move(event);
      refuse(res, REFUSALS.invalidResponseMode);
      this.#settle(requestId, {
        kind: 'error',
        errorType: type,
        payload: document(type, REFUSALS.invalidResponseMode.errorMessage),
      });
      return;
    }
    const body = await readBody(req, LIMITS.payloadBytes);
    // The connection broke: the runtime may retry unless it had begun to stream.
    if (body.kind === 'truncated' && mode === undefined) return;
    if (!this.#allowsAnswer(event, requestId, res)) return;
    this.#move(event);
    if (body.kind === 'too-large') refuse(res, REFUSALS.tooLarge);
    else accept(res);
    this.#settle(requestId, outcomeOf(event, req, body));
  }

  /** AWS looks at the request id before the state. */
  #allowsAnswer(event: RuntimeEvent, requestId: string, res: ServerResponse): requestId is RequestId {
    const isKnown = this.#many?.isRunning(requestId) ?? requestId === this.#requestId;
    if (isKnown) return this.#allows(event, res);
    refuse(res, REFUSALS.invalidRequestId);
    return false;
  }

  #allows(event: RuntimeEvent, res: ServerResponse): boolean {
    if (this.#ended !== undefined) {
      refuse(res, REFUSALS.closing);
      return false;
    }
    if (this.#follows(event) !== undefined) return true;
    forbid(res, 'InvalidStateTransition', refusalText(this.#state, event));
    return false;
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
      this.#extensions.invoked(pending.context);
      pending.started();
    }
    give(waiter, pending);
  }

  #deliverMany(many: ManyCalls): void {
    while (many.hasUndelivered) {
      const waiter = this.#polls.take();
      const call = waiter === undefined ? undefined : many.deliver();
      if (waiter === undefined || call === undefined) return;
      this.#extensions.invoked(call.context);
      call.started();
      give(waiter, call);
    }
  }

  #settle(requestId: RequestId, outcome: InvokeOutcome): void {
    this.#settlePending(outcome);
    this.#many?.answer(requestId, outcome);
  }

  #settlePending(outcome: InvokeOutcome): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle(outcome);
  }

  #flush(): void {
    this.#splitters.stdout.flush();
    this.#splitters.stderr.flush();
  }

  #log(stream: LogStream, text: string): void {
    // AWS's runtimes write a record as one line, with carriage returns for its line breaks.
    this.#hooks.onLog(
      stream,
      text.replaceAll('\r', '\n'),
      this.#many?.rawRequestId ?? this.#requestId,
      this.#clock.now(),
    );
  }
}

function give(waiter: ServerResponse, call: RuntimeApiCall): void {
  const { context, event } = call;
  waiter.writeHead(200, eventHeaders(context, event.length));
  waiter.end(event);
}

function outcomeOf(event: 'response' | 'error', req: IncomingMessage, body: Body): InvokeOutcome {
  if (body.kind === 'too-large') return { kind: 'too-large', bytes: body.length };
  if (body.kind === 'truncated') {
    const type = 'Runtime.TruncatedResponse';
    return { kind: 'error', errorType: type, payload: document(type, 'Response was truncated') };
  }
  if (event === 'error') return { kind: 'error', ...errorReport(req.headers, body.bytes) };
  const failed = trailerReport(req.trailers);
  return failed === undefined ? { kind: 'result', payload: body.bytes } : { kind: 'error', ...failed };
}
