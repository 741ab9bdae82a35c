import type { InvocationContext, RequestId } from '../../contract/index.ts';
import type { Clock } from '../../kit/index.ts';
import type { ExitStatus, InvocationHooks, InvokeOutcome } from '../session.ts';

/** An unanswered invocation. */
export interface RuntimeApiCall {
  readonly context: InvocationContext;
  readonly event: Uint8Array;
  /** Called when its event is about to be delivered. */
  started(): void;
  /** Settles it; only the first call has an effect. */
  settle(outcome: InvokeOutcome): void;
}

/**
 * Invocations of a runtime that runs several at once (AWS: Lambda Managed Instances): it keeps one `next` open per free
 * place and answers by request id, in any order.
 */
export class ManyCalls {
  readonly #clock: Clock;
  readonly #undelivered: RuntimeApiCall[] = [];
  /** By request id; includes those that timed out, which the runtime may still answer. */
  readonly #delivered = new Map<RequestId, RuntimeApiCall>();
  #hasTimedOut = false;
  #lastRequestId: RequestId | '' = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One timed out: the runtime's state is unknown, so it gets no further work. */
  get hasTimedOut(): boolean {
    return this.#hasTimedOut;
  }

  /** Whether some wait for a poll. */
  get hasUndelivered(): boolean {
    return this.#undelivered.length > 0;
  }

  /** Request id for raw output: the running one, else the last delivered; empty while several run. */
  get rawRequestId(): RequestId | '' {
    if (this.#delivered.size > 1) return '';
    const [only] = this.#delivered.keys();
    return only ?? this.#lastRequestId;
  }

  add(context: InvocationContext, event: Uint8Array, timeoutMs: number, hooks: InvocationHooks): void {
    let isSettled = false;
    const call: RuntimeApiCall = {
      context,
      event,
      started: () => hooks.started(),
      settle: (outcome) => {
        if (isSettled) return;
        isSettled = true;
        cancel();
        hooks.settled(outcome);
      },
    };
    const cancel = this.#clock.after(timeoutMs, () => {
      this.#hasTimedOut = true;
      call.settle({ kind: 'timeout' });
      // What the runtime has not polled has not started and can run elsewhere.
      for (const waiting of this.#undelivered.splice(0)) waiting.settle({ kind: 'unstarted' });
    });
    this.#undelivered.push(call);
  }

  /** Takes the oldest undelivered one, which counts as running from now on. */
  deliver(): RuntimeApiCall | undefined {
    const call = this.#undelivered.shift();
    if (call === undefined) return undefined;
    this.#lastRequestId = call.context.requestId;
    this.#delivered.set(this.#lastRequestId, call);
    return call;
  }

  /** Whether an answer with this request id is expected. */
  isRunning(requestId: string): requestId is RequestId {
    const delivered: ReadonlyMap<string, RuntimeApiCall> = this.#delivered;
    return delivered.has(requestId);
  }

  answer(requestId: RequestId, outcome: InvokeOutcome): void {
    const call = this.#delivered.get(requestId);
    this.#delivered.delete(requestId);
    call?.settle(outcome);
  }

  /** The process has ended: what it had not polled has not started. */
  end(exit: ExitStatus): void {
    for (const call of this.#delivered.values()) call.settle({ kind: 'exit', exit });
    for (const call of this.#undelivered) call.settle({ kind: 'unstarted' });
    this.#delivered.clear();
    this.#undelivered.length = 0;
  }
}
