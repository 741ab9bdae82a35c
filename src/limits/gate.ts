import type { FunctionName, FunctionLimits, ThrottleCounts } from '../contract/index.ts';
import { lamError, type LamError } from '../errors/index.ts';
import type { MonotonicMs } from '../kit/index.ts';
import { rateOf } from './rate.ts';
import { TokenBucket } from './token-bucket.ts';

/** An invocation that counts against a reserved concurrency. */
export interface Permit {
  /** The invocation has ended. Called once. */
  leave(): void;
}

/** Numbers of invocations that limits allow; `Infinity` where none applies. */
export interface Allowance {
  /** Those that would be admitted now. */
  readonly room: number;
  /** Those that the rate alone would admit now. */
  readonly tokens: number;
  /** Those that may run at the same time by the reserved concurrency. */
  readonly reserved: number;
}

/** The limits of one function, all its versions together. */
export class FunctionGate implements Permit {
  readonly #name: FunctionName;
  #bucket: TokenBucket | undefined;
  #reserved: number | null = null;
  /** Invocations that were admitted under a reserved concurrency and have not ended. */
  #running = 0;
  readonly #throttled = { rate: 0, concurrency: 0 };
  readonly #onIdle: (gate: FunctionGate) => void;

  /** @param onIdle called when the last invocation of a gate without limits has ended */
  // oxlint-disable-next-line max-params -- the function, its limits, since when, and who is told
  constructor(name: FunctionName, settings: FunctionLimits, now: MonotonicMs, onIdle: (gate: FunctionGate) => void) {
    this.#name = name;
    this.#onIdle = onIdle;
    this.change(settings, now);
  }

  /** Applies other limits at once; invocations that run go on. */
  change({ rateLimit, burst, reservedConcurrency }: FunctionLimits, now: MonotonicMs): void {
    this.#reserved = reservedConcurrency;
    const rate = rateLimit === null ? undefined : rateOf(rateLimit, burst);
    if (rate === undefined) this.#bucket = undefined;
    else if (this.#bucket === undefined) this.#bucket = new TokenBucket(rate, now);
    else this.#bucket.change(rate, now);
  }

  /** Admits an invocation, or returns why not. The permit is undefined unless there is a reserved concurrency. */
  enter(now: MonotonicMs): Permit | LamError | undefined {
    const reserved = this.#reserved;
    if (reserved !== null && this.#running >= reserved) {
      this.#throttled.concurrency++;
      return lamError('LAM_LIMITS_RESERVED', { name: this.#name, reserved });
    }
    const waitMs = this.#bucket?.take(now) ?? 0;
    if (waitMs > 0) {
      this.#throttled.rate++;
      const { perSecond, burst } = (this.#bucket as TokenBucket).rate;
      return lamError('LAM_LIMITS_RATE', { name: this.#name, perSecond, burst, retryAfterMs: Math.ceil(waitMs) });
    }
    if (reserved === null) return undefined;
    this.#running++;
    return this;
  }

  leave(): void {
    this.#running--;
    if (this.isIdle) this.#onIdle(this);
  }

  allowance(now: MonotonicMs): Allowance {
    const tokens = Math.floor(this.#bucket?.tokens(now) ?? Infinity);
    const reserved = this.#reserved ?? Infinity;
    return { room: Math.min(tokens, reserved - this.#running), tokens, reserved };
  }

  /** Requests that were refused since the daemon started, or since the function has limits. */
  get throttled(): ThrottleCounts {
    return { ...this.#throttled };
  }

  /** Nothing is limited and nothing would be forgotten with it. */
  get isIdle(): boolean {
    return this.#bucket === undefined && this.#reserved === null && this.#running === 0;
  }
}
