import type { Clock, MonotonicMs } from '../kit/index.ts';

/** Something that must not last longer than its deadline. */
export interface Expirable {
  readonly deadline: MonotonicMs;
  /** Called once, up to {@link TICK_MS} after the deadline, unless it was removed before. */
  expire(): void;
}

/** How late an expiry may be, milliseconds. */
const TICK_MS = 10;

/**
 * All deadlines of one owner on one coarse timer, so that an invocation costs a set insertion instead of a timer of
 * its own. The timer runs only while something is armed.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #armed = new Set<Expirable>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The clock that deadlines are measured on. */
  now(): MonotonicMs {
    return this.#clock.monotonic();
  }

  add(what: Expirable): void {
    this.#armed.add(what);
    this.#cancel ??= this.#clock.every(TICK_MS, () => this.#tick());
  }

  remove(what: Expirable): void {
    this.#armed.delete(what);
  }

  /** Forgets all, expiring nothing. */
  close(): void {
    this.#armed.clear();
    this.#stop();
  }

  #tick(): void {
    // Stopped here and not in remove(): back-to-back invocations would start and stop the timer each time.
    if (this.#armed.size === 0) {
      this.#stop();
      return;
    }
    const now = this.#clock.monotonic();
    for (const what of this.#armed) {
      if (what.deadline > now) continue;
      this.#armed.delete(what);
      what.expire();
    }
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
