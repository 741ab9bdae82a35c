import type { InvocationContext } from '../../contract/index.ts';
import type { Clock } from '../../kit/index.ts';
import type { ExitStatus, InvocationHooks, InvokeOutcome } from '../session.ts';

/** An invocation that was not answered yet. */
export interface RuntimeApiCall {
  readonly context: InvocationContext;
  readonly event: Uint8Array;
  /** Its event is about to be given to the runtime. */
  started(): void;
  /** Ends it; the first call counts. */
  settle(outcome: InvokeOutcome): void;
}

/**
 * The invocations of a runtime that runs several at once (AWS: Lambda Managed Instances): it keeps as many `next` open as
 * it can take more, and answers each by its request id, in any order.
 */
export class ManyCalls {
  readonly #clock: Clock;
  readonly #undelivered: RuntimeApiCall[] = [];
  /** By request id; also those that were timed out, which the runtime may yet answer. */
  readonly #delivered = new Map<string, RuntimeApiCall>();
  #hasTimedOut = false;
  #lastRequestId = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One was timed out: what the others do is not known, so it gets no more work. */
  get hasTimedOut(): boolean {
    return this.#hasTimedOut;
  }

  /** Some wait for the runtime to ask. */
  get hasUndelivered(): boolean {
    return this.#undelivered.length > 0;
  }

  /** Whose raw output is: of the one that runs, else of the last that was delivered; empty while several run. */
  get rawRequestId(): string {
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
      // What the runtime did not ask for yet certainly did not start, and is better off elsewhere.
      for (const waiting of this.#undelivered.splice(0)) waiting.settle({ kind: 'unstarted' });
    });
    this.#undelivered.push(call);
  }

  /** The oldest that was not delivered; it counts as running from here. */
  deliver(): RuntimeApiCall | undefined {
    const call = this.#undelivered.shift();
    if (call === undefined) return undefined;
    this.#lastRequestId = call.context.requestId;
    this.#delivered.set(this.#lastRequestId, call);
    return call;
  }

  /** Whether an answer with this request id is expected. */
  isRunning(requestId: string): boolean {
    return this.#delivered.has(requestId);
  }

  answer(requestId: string, outcome: InvokeOutcome): void {
    const call = this.#delivered.get(requestId);
    this.#delivered.delete(requestId);
    call?.settle(outcome);
  }

  /** The process is no more: what it had not asked for yet certainly did not start. */
  end(exit: ExitStatus): void {
    for (const call of this.#delivered.values()) call.settle({ kind: 'exit', exit });
    for (const call of this.#undelivered) call.settle({ kind: 'unstarted' });
    this.#delivered.clear();
    this.#undelivered.length = 0;
  }
}
