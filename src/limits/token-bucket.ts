import type { MonotonicMs } from '../kit/index.ts';

/** How many requests a time admits. */
export interface Rate {
  /** Requests per second in the long run; fractions allowed. */
  readonly perSecond: number;
  /** Requests that are admitted at once after a pause; a whole number. */
  readonly burst: number;
}

/** Rounding errors of time may not delay a whole token. */
const TOLERANCE = 1e-6;

/** A token bucket: full at first, it gains `perSecond` tokens a second up to `burst`, and each request takes one. */
export class TokenBucket {
  #rate: Rate;
  #tokens: number;
  /** When `#tokens` was right. Set with a token that is taken, so that refused requests add no rounding errors. */
  #since: MonotonicMs;

  constructor(rate: Rate, now: MonotonicMs) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#since = now;
  }

  get rate(): Rate {
    return this.#rate;
  }

  /** Takes a token and returns 0, or returns how long it takes until there is one (ms). */
  take(now: MonotonicMs): number {
    const tokens = this.tokens(now);
    if (tokens < 1 - TOLERANCE) return ((1 - tokens) * 1000) / this.#rate.perSecond;
    this.#tokens = Math.max(0, tokens - 1);
    this.#since = now;
    return 0;
  }

  /** Tokens at a time, with fractions. A clock that was set back has let no time pass. */
  tokens(now: MonotonicMs): number {
    if (now < this.#since) this.#since = now;
    const { perSecond, burst } = this.#rate;
    return Math.min(burst, this.#tokens + ((now - this.#since) * perSecond) / 1000);
  }

  /** Goes on with another rate. Tokens beyond the new burst are lost, and a greater burst has to be gained. */
  change(rate: Rate, now: MonotonicMs): void {
    this.#tokens = Math.min(rate.burst, this.tokens(now));
    this.#since = now;
    this.#rate = rate;
  }
}
