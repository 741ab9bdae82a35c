import type { FunctionName, FunctionLimits, ThrottleCounts } from '../contract/index.ts';
import { lamError, type LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import { FunctionGate, type Allowance, type Permit } from './gate.ts';
import { rateOf } from './rate.ts';
import { TokenBucket } from './token-bucket.ts';

/** A route with a rate limit. */
export interface LimitedRoute {
  readonly functionName: FunctionName;
  /** Its name, unique in the function. */
  readonly route: string;
  /** Requests per second. */
  readonly rateLimit: number;
  readonly burst: number | undefined;
}

/** Routes whose buckets are kept before full ones, which hold no state, are dropped. */
const MANY_ROUTES = 1000;
const BOUNDLESS: Allowance = { room: Infinity, tokens: Infinity, reserved: Infinity };
const NO_THROTTLES: ThrottleCounts = { rate: 0, concurrency: 0 };

/** The rates and reserved concurrencies of functions and routes. Keeps nothing of those without limits. */
export class Limits {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #gates = new Map<FunctionName, FunctionGate>();
  readonly #routes = new Map<string, TokenBucket>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Applies the limits of a function at once; undefined for none. */
  set(name: FunctionName, settings: FunctionLimits | undefined): void {
    const gate = this.#gates.get(name);
    const now = this.#clock.monotonic();
    if (gate !== undefined) {
      gate.change(settings ?? UNLIMITED, now);
      if (gate.isIdle) this.#gates.delete(name);
    } else if (settings !== undefined)
      this.#gates.set(name, new FunctionGate(name, settings, now, (idle) => this.#drop(name, idle)));
  }

  /**
   * Admits an invocation: returns undefined, or a permit to give back when it has ended, or `LAM_LIMITS_RATE` or
   * `LAM_LIMITS_RESERVED`. Called on the hot path.
   */
  admit(name: FunctionName): Permit | LamError | undefined {
    if (this.#gates.size === 0) return undefined;
    return this.#gates.get(name)?.enter(this.#clock.monotonic());
  }

  /** Admits a request at a route with a rate limit, or returns `LAM_LIMITS_ROUTE_RATE`. */
  admitAt({ functionName, route, rateLimit, burst }: LimitedRoute): LamError | undefined {
    const now = this.#clock.monotonic();
    const key = `${functionName} ${route}`;
    const rate = rateOf(rateLimit, burst);
    let bucket = this.#routes.get(key);
    if (bucket === undefined) {
      if (this.#routes.size >= MANY_ROUTES) this.#dropFull(now);
      bucket = new TokenBucket(rate, now);
      this.#routes.set(key, bucket);
    } else if (bucket.rate.perSecond !== rate.perSecond || bucket.rate.burst !== rate.burst) bucket.change(rate, now);
    const waitMs = bucket.take(now);
    if (waitMs === 0) return undefined;
    return lamError('LAM_LIMITS_ROUTE_RATE', { name: functionName, route, ...rate, retryAfterMs: Math.ceil(waitMs) });
  }

  /** What the limits of a function allow now; all `Infinity` without limits. */
  allowance(name: FunctionName): Allowance {
    return this.#gates.get(name)?.allowance(this.#clock.monotonic()) ?? BOUNDLESS;
  }

  /** Refused requests of a function, since it has limits and the daemon runs. */
  throttled(name: FunctionName): ThrottleCounts {
    return this.#gates.get(name)?.throttled ?? NO_THROTTLES;
  }

  /** Drops a gate whose limits were removed while invocations ran, unless another has taken its place. */
  #drop(name: FunctionName, gate: FunctionGate): void {
    if (this.#gates.get(name) === gate) this.#gates.delete(name);
  }

  #dropFull(now: number): void {
    for (const [key, bucket] of this.#routes) if (bucket.tokens(now) >= bucket.rate.burst) this.#routes.delete(key);
  }
}

const UNLIMITED: FunctionLimits = { rateLimit: null, burst: null, reservedConcurrency: null };
