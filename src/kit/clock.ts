/** Wall-clock time (ms since the epoch). */
export type EpochMs = number;
/** Monotonic time (ms); only differences are meaningful. */
export type MonotonicMs = number;

/** Source of time and timers, replaceable by a virtual one in tests. */
export interface Clock {
  now(): EpochMs;
  monotonic(): MonotonicMs;
  /** Calls `run` once after `ms`; the timer never keeps the process alive. Returns a function that cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` every `ms`; the timer never keeps the process alive. Returns a function that cancels it. */
  every(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Resolves after `ms`. Keeps the process alive, unlike {@link Clock.after}. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
