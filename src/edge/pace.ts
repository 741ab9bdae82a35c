import type { MonotonicMs } from '../kit/index.ts';

/** A head must be complete this long after its first bytes (ms). */
export const HEAD_MS = 10_000;
/** A body is measured over periods of this length (ms), so that a link may stall for a moment ... */
const PERIOD_MS = 20_000;
/** ... and must bring this much in each of them, 1 KiB/s (bytes). Its whole length takes as long as it takes. */
const LEAST_BYTES = 20 * 1024;

/** How a client that was asked for more is told that it was too slow, as `node:http` tells it. */
export const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** How fast one head or one body arrives. */
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

  /** Whether a head has taken too long. */
  isLateHead(now: MonotonicMs): boolean {
    return now - this.#startedAt >= HEAD_MS;
  }

  /** Whether a body brought too little in the period that ends now; begins the next period once it is over. */
  isSlowBody(now: MonotonicMs, bytes: number): boolean {
    if (now - this.#periodAt < PERIOD_MS) return false;
    const isSlow = bytes - this.#bytes < LEAST_BYTES;
    this.#periodAt = now;
    this.#bytes = bytes;
    return isSlow;
  }
}
