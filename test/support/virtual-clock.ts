import type { Clock } from '../../src/kit/index.ts';

interface Timer {
  at: number;
  readonly order: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
}

/** A clock that stands still until a test advances it. */
export class VirtualClock implements Clock {
  readonly #timers: Set<Timer> = new Set();
  #elapsed = 0;
  #set = 0;
  #order = 0;

  /** Pending timers. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Time of the next one on the monotonic clock. */
  get nextAt(): number | undefined {
    return this.#nextBy(Infinity)?.at;
  }

  now(): number {
    return 1_700_000_000_000 + this.#elapsed + this.#set;
  }

  /** Sets the wall clock by `ms`, as an administrator does; timers and the monotonic clock run on. */
  set(ms: number): void {
    this.#set += ms;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, run: () => void): () => void {
    return this.#add(ms, run, undefined);
  }

  every(ms: number, run: () => void): () => void {
    return this.#add(ms, run, ms);
  }

  /** Advances by `ms`: runs due timers in order of time, and after each all promise callbacks that follow. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await settled();
    for (let timer = this.#nextBy(until); timer !== undefined; timer = this.#nextBy(until)) {
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      if (timer.everyMs === undefined) this.#timers.delete(timer);
      else timer.at += timer.everyMs;
      timer.run();
      await settled();
    }
    this.#elapsed = until;
  }

  #nextBy(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #add(ms: number, run: () => void, everyMs: number | undefined): () => void {
    const timer: Timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, run, everyMs };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}

/** Resolves when no promise callback is left that can run without time passing. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
