import type { Clock, MonotonicMs } from '../../kit/index.ts';

/**
 * A transaction, with the messages to and from its thread, costs as much as ten outcomes in it. So long outcomes wait for
 * others (ms), and so many do not wait. A daemon that is killed runs again what waited.
 */
const WAIT_MS = 10;
const ENOUGH = 256;
/** Time over which outcomes are counted (ms), and from how many on they wait for others. */
const WINDOW_MS = 10;
const MANY = 10;

/**
 * Says whether outcomes of invocations wait a moment for others, to be stored with them: while so many come that the
 * wait costs less than it saves. A single one never waits.
 */
export class OutcomeGathering {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #since: MonotonicMs = 0;
  #counted = 0;
  #areMany = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param flush called when they have waited long enough */
  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** Takes note of an outcome. */
  count(): void {
    const now = this.#clock.monotonic();
    if (now - this.#since >= WINDOW_MS) {
      this.#areMany = this.#counted >= MANY && now - this.#since < 2 * WINDOW_MS;
      this.#since = now;
      this.#counted = 0;
    }
    this.#counted++;
  }

  /** Whether `count` outcomes wait; then they are flushed later. */
  waits(count: number): boolean {
    if (count === 0 || !this.#areMany || count >= ENOUGH) return false;
    // Of the system, whatever time the queue has: nobody waits for a time of it.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, WAIT_MS);
    return true;
  }

  /** What waited was sent. */
  sent(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
