import { invariant, type Clock, type MonotonicMs } from '../kit/index.ts';

/** Something that must not last longer than its deadline. */
export interface Expirable {
  readonly deadline: MonotonicMs;
  /** Called once, up to {@link TICK_MS} after the deadline, unless it was removed before. */
  expire(): void;
  /** Where {@link Deadlines} keeps it, and nobody else's business. */
  place?: number | undefined;
}

/** How late an expiry may be, milliseconds. */
const TICK_MS = 10;

/**
 * All deadlines of one owner on one coarse timer, so that an invocation costs a store instead of a timer of its own. The
 * timer runs only while something is armed. Kept in an array and not in a set: a set that is added to and removed from all
 * the time is copied now and then, and V8's old copies keep alive what was in them, and the later copies, until a full collection.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** In no order. */
  readonly #armed: Expirable[] = [];
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The clock that deadlines are measured on. */
  now(): MonotonicMs {
    return this.#clock.monotonic();
  }

  /** To be called once, until it is removed or has expired. */
  add(what: Expirable): void {
    invariant(what.place === undefined, 'what has a deadline is armed once');
    what.place = this.#armed.push(what) - 1;
    this.#cancel ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  /** Does nothing where it is not armed. */
  remove(what: Expirable): void {
    const { place } = what;
    if (place === undefined) return;
    what.place = undefined;
    const last = this.#armed.pop();
    if (last === undefined || last === what) return;
    this.#armed[place] = last;
    last.place = place;
  }

  /** Forgets all, expiring nothing. */
  close(): void {
    for (const what of this.#armed) what.place = undefined;
    this.#armed.length = 0;
    this.#stop();
  }

  #tick(): void {
    // Stopped here and not in remove(): back-to-back invocations would start and stop the timer each time.
    if (this.#armed.length === 0) {
      this.#stop();
      return;
    }
    const now = this.#clock.monotonic();
    // From the end: what takes the place of something that is removed meanwhile was looked at, or is about to be.
    for (let i = this.#armed.length - 1; i >= 0; i--) {
      const what = this.#armed[i];
      if (what === undefined || what.deadline > now) continue;
      this.remove(what);
      what.expire();
    }
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
