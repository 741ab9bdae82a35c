import type { MonotonicMs } from '../kit/index.ts';

/** Time limit of a head, from its first bytes (ms). */
export const HEAD_MS = 10_000;
/** Period over which the rate of a body is measured (ms), so that a link may stall for a moment. */
const PERIOD_MS = 20_000;
/** Minimum of a body per period: 1 KiB/s (bytes). The total time is not limited. */
const LEAST_BYTES = 20 * 1024;

/** Answer to a client that was too slow, as `node:http` sends it. */
export const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** Pace at which one head or body arrives. */
export class Pace {
  readonly #startedAt: MonotonicMs;
  #periodAt: MonotonicMs;
  #bytes: number;

  /** @param bytes received so far on the connection */
  constructor(now: MonotonicMs, bytes: number) {
    this.#startedAt = now;
    this.#periodAt = now;
    this.#bytes = bytes;
  }

  /** Whether a head has exceeded its time limit. */
  isLateHead(now: MonotonicMs): boolean {
    return now - this.#startedAt >= HEAD_MS;
  }

  /** Whether too little of a body arrived in the period that ends now; begins the next period once one is over. */
  isSlowBody(now: MonotonicMs, bytes: number): boolean {
    if (now - this.#periodAt < PERIOD_MS) return false;
    const isSlow = bytes - this.#bytes < LEAST_BYTES;
    this.#periodAt = now;
    this.#bytes = bytes;
    return isSlow;
  }
}
