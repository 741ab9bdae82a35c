import type { MonotonicMs } from '../kit/index.ts';
import type { Deadlines, Expirable } from './deadlines.ts';
import type { FrameStream } from './frame-stream.ts';
import type { InvocationHooks } from './session.ts';
import type { RequestId } from '../contract/index.ts';

/** Invocations sent ahead are recalled when none has started for this long (ms). */
const RECALL_MS = 20;
const LAST_NUMBER = 0xffffffff;

/**
 * Invocations sent to one sandbox and not yet answered. Up to `places` of them run; the others wait inside the sandbox
 * and start in order as earlier ones are answered.
 */
export class InFlight {
  /** Invocations that may run at the same time; set before the first. */
  places = 1;
  readonly #deadlines: Deadlines;
  readonly #recallOne: (number: number) => void;
  /**
   * Head and tail of a list in sending order: running ones before waiting ones. Not a Map, for the reason given at
   * {@link Deadlines}; searching it is fast, because answers refer to one of the first `places`.
   */
  #first: PendingInvocation | undefined;
  #last: PendingInvocation | undefined;
  #size = 0;
  /** Request ids that timed out without an answer; they still occupy a place in the sandbox. */
  readonly #late = new Map<number, RequestId>();
  #running = 0;
  #isSpoiled = false;
  #starts = 0;
  #lastNumber = 0;
  /** The most recently started one. */
  #startedNumber = 0;
  #startedRequestId: RequestId | '' = '';
  #recall: Expirable | undefined;

  /** `recall`: called once for each invocation that waits too long, to send RECALL. */
  constructor(deadlines: Deadlines, recall: (number: number) => void) {
    this.#deadlines = deadlines;
    this.#recallOne = recall;
  }

  /** Whether some wait behind others. */
  get hasWaiting(): boolean {
    return this.#size > this.#running;
  }

  /** One timed out with several running: the sandbox gets no further work. */
  get isSpoiled(): boolean {
    return this.#isSpoiled;
  }

  /** Adds one about to be sent; its time-out starts now if a place is free. */
  add(requestId: RequestId, timeoutMs: number, hooks: InvocationHooks): PendingInvocation {
    this.#lastNumber = this.#lastNumber === LAST_NUMBER ? 1 : this.#lastNumber + 1;
    const pending = new PendingInvocation(this.#lastNumber, requestId, timeoutMs, hooks, this);
    this.#append(pending);
    if (this.#running < this.places && this.#size === this.#running + 1) this.#begin(pending);
    else this.#watch();
    return pending;
  }

  /** Matches an answer: `late` for one that timed out, `wrong` for none that runs. */
  answered(number: number): PendingInvocation | 'late' | 'wrong' {
    const found = this.running(number);
    if (found === 'late') {
      this.#late.delete(number);
    } else if (found !== 'wrong') {
      this.#remove(found);
      this.#running--;
    }
    return found;
  }

  /** The running one with that number: `late` for one that timed out, `wrong` for none that runs. */
  running(number: number): PendingInvocation | 'late' | 'wrong' {
    const pending = this.#find(number);
    if (pending?.startedAt !== undefined) return pending;
    return pending === undefined && this.#late.has(number) ? 'late' : 'wrong';
  }

  /** Starts waiting ones in free places; called after an answer from a sandbox that stays usable. */
  fill(): void {
    if (!this.hasWaiting) return;
    for (let pending = this.#first; pending !== undefined; pending = pending.next) {
      if (this.#running + this.#late.size >= this.places) return;
      if (pending.startedAt === undefined) this.#begin(pending);
    }
  }

  /** Removes one that the sandbox reports as unstarted; undefined when it has started. */
  givenBack(number: number): PendingInvocation | undefined {
    const pending = this.#find(number);
    if (pending === undefined || pending.startedAt !== undefined) return undefined;
    this.#remove(pending);
    return pending;
  }

  /** Removes and returns all, in sending order. */
  *drain(): Generator<PendingInvocation> {
    for (let pending = this.#first; pending !== undefined; pending = this.#first) {
      this.#remove(pending);
      yield pending;
    }
    this.#running = 0;
  }

  /** Request id of a log record with this number; empty outside an invocation. */
  requestIdOf(number: number): RequestId | '' {
    if (number === this.#startedNumber && number !== 0) return this.#startedRequestId;
    return this.#find(number)?.requestId ?? this.#late.get(number) ?? '';
  }

  /** Request id for raw output: the running one, else the last; empty while several run. */
  get rawRequestId(): RequestId | '' {
    if (this.#running !== 1) return this.#running > 1 ? '' : this.#startedRequestId;
    let pending = this.#first;
    while (pending !== undefined && pending.startedAt === undefined) pending = pending.next;
    return pending?.requestId ?? '';
  }

  /** @internal Called by a pending invocation at its deadline. */
  timedOut(pending: PendingInvocation): void {
    this.#remove(pending);
    this.#running--;
    this.#late.set(pending.number, pending.requestId);
    // Others that run may finish; those that wait are recalled to run elsewhere.
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

  /** Checks for long waits while anything waits. */
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

/** An invocation that was sent and has not settled. */
export class PendingInvocation implements Expirable {
  readonly number: number;
  readonly requestId: RequestId;
  readonly timeoutMs: number;
  deadline: MonotonicMs = Infinity;
  /** Start time; undefined while it waits inside the sandbox. */
  startedAt: MonotonicMs | undefined;
  /** RECALL was sent. */
  isRecalled = false;
  /** Its answer, once that is streamed. */
  stream: FrameStream | undefined;
  place: number | undefined;
  /** @internal Its neighbours in the list. */
  next: PendingInvocation | undefined;
  /** @internal */
  previous: PendingInvocation | undefined;
  readonly hooks: InvocationHooks;
  readonly #inFlight: InFlight;

  // oxlint-disable-next-line max-params -- made once per invocation: an options object would be one more allocation
  constructor(number: number, requestId: RequestId, timeoutMs: number, hooks: InvocationHooks, inFlight: InFlight) {
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
