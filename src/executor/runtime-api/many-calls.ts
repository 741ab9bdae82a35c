import type { InvocationContext, RequestId } from '../../contract/index.ts';
import type { Clock } from '../../kit/index.ts';
import type { ExitStatus, InvocationHooks } from '../session.ts';
import { RuntimeApiCall } from './call.ts';

/**
 * Invocations of a runtime that runs several at once (AWS: Lambda Managed Instances): it keeps one `next` open per free
 * place and answers by request id, in any order.
 */
export class ManyCalls {
  readonly #clock: Clock;
  readonly #undelivered: RuntimeApiCall[] = [];
  /** By request id; includes those that timed out, which the runtime may still answer. */
  readonly #delivered = new Map<string, RuntimeApiCall>();
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
    const [only] = this.#delivered.values();
    return only?.context.requestId ?? this.#lastRequestId;
  }

  add(context: InvocationContext, event: Uint8Array, timeoutMs: number, hooks: InvocationHooks): void {
    const call = new RuntimeApiCall(context, event, hooks, () => cancel());
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
  isRunning(requestId: string): boolean {
    return this.#delivered.has(requestId);
  }

  /** Whether any runs. */
  get isBusy(): boolean {
    return this.#delivered.size > 0;
  }

  /** The running one with this request id. */
  find(requestId: string): RuntimeApiCall | undefined {
    return this.#delivered.get(requestId);
  }

  /** Removes and returns the running one with this request id, to settle it with its answer. */
  take(requestId: string): RuntimeApiCall | undefined {
    const call = this.#delivered.get(requestId);
    this.#delivered.delete(requestId);
    return call;
  }

  /** Removes and returns all, to settle them with a failure. */
  takeAll(): readonly RuntimeApiCall[] {
    const calls = [...this.#delivered.values(), ...this.#undelivered];
    this.#delivered.clear();
    this.#undelivered.length = 0;
    return calls;
  }

  /** The process has ended: what it had not polled has not started. */
  end(exit: ExitStatus): void {
    for (const call of this.#delivered.values()) call.settle({ kind: 'exit', exit });
    for (const call of this.#undelivered) call.settle({ kind: 'unstarted' });
    this.#delivered.clear();
    this.#undelivered.length = 0;
  }
}
