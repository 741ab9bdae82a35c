import type { MonotonicMs } from '../kit/index.ts';
import type { Deadlines, Expirable } from './deadlines.ts';
import type { InvocationHooks } from './session.ts';

/** What was sent ahead is asked back once nothing has started for this long, ms. */
const RECALL_MS = 20;
const LAST_NUMBER = 0xffffffff;

/**
 * What was sent to one sandbox and has not been answered. Up to `places` of them run; the others wait inside the sandbox,
 * where each starts when one before it has answered, in the order they were sent.
 */
export class InFlight {
  /** How many may run at the same time; set before the first. */
  places = 1;
  readonly #deadlines: Deadlines;
  readonly #recallOne: (number: number) => void;
  /**
   * The oldest and the newest of a list in the order they were sent: the ones that run come before the ones that wait. A list,
   * for the reason {@link Deadlines} gives; to look through it is quick, as an answer is to one of the first `places`.
   */
  #first: PendingInvocation | undefined;
  #last: PendingInvocation | undefined;
  #size = 0;
  /** Request ids of those that were timed out and have not answered: in the sandbox they still have their place. */
  readonly #late = new Map<number, string>();
  #running = 0;
  #isSpoiled = false;
  #starts = 0;
  #lastNumber = 0;
  /** The one that started last. */
  #startedNumber = 0;
  #startedRequestId = '';
  #recall: Expirable | undefined;

  /** `recall`: told of each that waits for longer than is good, once: it is to be asked back. */
  constructor(deadlines: Deadlines, recall: (number: number) => void) {
    this.#deadlines = deadlines;
    this.#recallOne = recall;
  }

  /** Some wait for others to answer. */
  get hasWaiting(): boolean {
    return this.#size > this.#running;
  }

  /** One was timed out where several may run: the sandbox gets no more work beside those that do. */
  get isSpoiled(): boolean {
    return this.#isSpoiled;
  }

  /** Counts one that is about to be sent; its time runs from here if there is a place for it. */
  add(requestId: string, timeoutMs: number, hooks: InvocationHooks): PendingInvocation {
    this.#lastNumber = this.#lastNumber === LAST_NUMBER ? 1 : this.#lastNumber + 1;
    const pending = new PendingInvocation(this.#lastNumber, requestId, timeoutMs, hooks, this);
    this.#append(pending);
    if (this.#running < this.places && this.#size === this.#running + 1) this.#begin(pending);
    else this.#watch();
    return pending;
  }

  /** What an answer with this number is to: `late` to one that was timed out, `wrong` to none that runs. */
  answered(number: number): PendingInvocation | 'late' | 'wrong' {
    const pending = this.#find(number);
    if (pending?.startedAt !== undefined) {
      this.#remove(pending);
      this.#running--;
      return pending;
    }
    return pending === undefined && this.#late.delete(number) ? 'late' : 'wrong';
  }

  /** Those that wait take the places that are free: to be called once an answer has come from a sandbox that stays. */
  fill(): void {
    if (!this.hasWaiting) return;
    for (let pending = this.#first; pending !== undefined; pending = pending.next) {
      if (this.#running + this.#late.size >= this.places) return;
      if (pending.startedAt === undefined) this.#begin(pending);
    }
  }

  /** Takes out one that the sandbox says has not started; undefined when it has. */
  givenBack(number: number): PendingInvocation | undefined {
    const pending = this.#find(number);
    if (pending === undefined || pending.startedAt !== undefined) return undefined;
    this.#remove(pending);
    return pending;
  }

  /** Takes out all, in the order they were sent. */
  *drain(): Generator<PendingInvocation> {
    for (let pending = this.#first; pending !== undefined; pending = this.#first) {
      this.#remove(pending);
      yield pending;
    }
    this.#running = 0;
  }

  /** Whose request id a record with this number has; empty outside of an invocation. */
  requestIdOf(number: number): string {
    if (number === this.#startedNumber && number !== 0) return this.#startedRequestId;
    return this.#find(number)?.requestId ?? this.#late.get(number) ?? '';
  }

  /** Whose raw output is: of the one that runs, else of the last one that did; empty while several run, when nobody knows. */
  get rawRequestId(): string {
    if (this.#running !== 1) return this.#running > 1 ? '' : this.#startedRequestId;
    let pending = this.#first;
    while (pending !== undefined && pending.startedAt === undefined) pending = pending.next;
    return pending?.requestId ?? '';
  }

  /** @internal For a pending invocation whose time is up. */
  timedOut(pending: PendingInvocation): void {
    this.#remove(pending);
    this.#running--;
    this.#late.set(pending.number, pending.requestId);
    // What runs beside it may finish; what waits is better off elsewhere.
    this.#isSpoiled = this.places > 1;
    if (this.#isSpoiled) this.#recallAll();
    pending.hooks.settled({ kind: 'timeout' });
  }

  #recallAll(): void {
    for (let pending = this.#first; pending !== undefined; pending = pending.next) {
      if (pending.startedAt !== undefined || pending.isRecalled) continue;
      pending.isRecalled = true;
      this.#recallOne(pending.number);
    }
  }

  /** Looks, while anything waits, that it does not wait long. */
  #watch(): void {
    if (this.#recall !== undefined) return;
    const starts = this.#starts;
    this.#recall = {
      deadline: this.#deadlines.now() + RECALL_MS,
      expire: () => {
        this.#recall = undefined;
        if (!this.hasWaiting) return;
        if (this.#starts === starts) this.#recallAll();
        this.#watch();
      },
    };
    this.#deadlines.add(this.#recall);
  }

  #begin(pending: PendingInvocation): void {
    this.#starts++;
    this.#running++;
    this.#startedNumber = pending.number;
    this.#startedRequestId = pending.requestId;
    pending.startedAt = this.#deadlines.now();
    pending.deadline = pending.startedAt + pending.timeoutMs;
    this.#deadlines.add(pending);
    pending.hooks.started();
  }

  #find(number: number): PendingInvocation | undefined {
    let pending = this.#first;
    while (pending !== undefined && pending.number !== number) pending = pending.next;
    return pending;
  }

  #append(pending: PendingInvocation): void {
    pending.previous = this.#last;
    if (this.#last === undefined) this.#first = pending;
    else this.#last.next = pending;
    this.#last = pending;
    this.#size++;
  }

  #remove(pending: PendingInvocation): void {
    const { next, previous } = pending;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    pending.next = pending.previous = undefined;
    this.#size--;
    this.#deadlines.remove(pending);
  }
}

/** One invocation that was sent and has not settled. */
export class PendingInvocation implements Expirable {
  readonly number: number;
  readonly requestId: string;
  readonly timeoutMs: number;
  deadline: MonotonicMs = Infinity;
  /** When it started; undefined while it waits in the sandbox behind others. */
  startedAt: MonotonicMs | undefined;
  /** It was asked back. */
  isRecalled = false;
  place: number | undefined;
  /** @internal Its neighbours in the list. */
  next: PendingInvocation | undefined;
  /** @internal */
  previous: PendingInvocation | undefined;
  readonly hooks: InvocationHooks;
  readonly #inFlight: InFlight;

  // oxlint-disable-next-line max-params -- made once per invocation: an options object would be one more allocation
  constructor(number: number, requestId: string, timeoutMs: number, hooks: InvocationHooks, inFlight: InFlight) {
    this.number = number;
    this.requestId = requestId;
    this.timeoutMs = timeoutMs;
    this.hooks = hooks;
    this.#inFlight = inFlight;
  }

  expire(): void {
    this.#inFlight.timedOut(this);
  }
}
