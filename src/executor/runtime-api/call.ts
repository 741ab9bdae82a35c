import type { InvocationContext } from '../../contract/index.ts';
import type { InvocationHooks, InvokeOutcome, StreamControl, StreamHead, StreamReceiver } from '../session.ts';

/** An unanswered invocation of a Runtime API session. */
export class RuntimeApiCall {
  readonly context: InvocationContext;
  readonly event: Uint8Array;
  readonly #hooks: InvocationHooks;
  readonly #onSettled: (outcome: InvokeOutcome) => void;
  #isStreamed = false;
  #isSettled = false;

  /** `onSettled`: called once, before the hook. */
  // oxlint-disable-next-line max-params -- made once per invocation: an options object would be one more allocation
  constructor(
    context: InvocationContext,
    event: Uint8Array,
    hooks: InvocationHooks,
    onSettled: (outcome: InvokeOutcome) => void,
  ) {
    this.context = context;
    this.event = event;
    this.#hooks = hooks;
    this.#onSettled = onSettled;
  }

  /** Whether its answer is being streamed, or was. */
  get isStreamed(): boolean {
    return this.#isStreamed;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Its event is about to be delivered. */
  started(): void {
    this.#hooks.started();
  }

  /** Its answer begins to arrive; once, and before it settles. */
  streamed(head: StreamHead, control: StreamControl): StreamReceiver {
    this.#isStreamed = true;
    return this.#hooks.streamed(head, control);
  }

  /** Settles it; only the first call has an effect. */
  settle(outcome: InvokeOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#onSettled(outcome);
    this.#hooks.settled(outcome);
  }
}
