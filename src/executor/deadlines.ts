import { invariant, type Clock, type MonotonicMs } from '../kit/index.ts';

/** Something with a deadline. */
export interface Expirable {
  readonly deadline: MonotonicMs;
  /** Called once, at most {@link TICK_MS} after the deadline, unless removed first. */
  expire(): void;
  /** @internal Index in {@link Deadlines}. */
  place?: number | undefined;
}

/** Longest delay of an expiry (ms). */
const TICK_MS = 10;

/**
 * All deadlines of one owner on one coarse timer, so that an invocation costs a store instead of a timer. The timer
 * runs only while something is armed. Uses an array, not a Set: V8 rehashes a busy Set now and then, and the old tables
 * keep their contents alive until a full collection.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** Unordered. */
  readonly #armed: Expirable[] = [];
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Monotonic time on which deadlines are measured. */
  now(): MonotonicMs {
    return this.#clock.monotonic();
  }

  /** Arms a deadline; once, until it is removed or has expired. */
  add(what: Expirable): void {
    invariant(what.place === undefined, 'a deadline is armed once');
    what.place = this.#armed.push(what) - 1;
    this.#cancel ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  /** Disarms a deadline; does nothing if it is not armed. */
  remove(what: Expirable): void {
    const { place } = what;
    if (place === undefined) return;
    what.place = undefined;
    const last = this.#armed.pop();
    if (last === undefined || last === what) return;
    this.#armed[place] = last;
    last.place = place;
  }

  /** Removes all without expiring them. */
  close(): void {
    for (const what of this.#armed) what.place = undefined;
    this.#armed.length = 0;
    this.#stop();
  }

  #tick(): void {
    // Not stopped in remove(): back-to-back invocations would start and stop the timer each time.
    if (this.#armed.length === 0) {
      this.#stop();
      return;
    }
    const now = this.#clock.monotonic();
    // Iterates from the end: an entry moved into a removed one's index was already checked.
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
