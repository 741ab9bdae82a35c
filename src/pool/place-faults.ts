import type { LamError } from '../errors/index.ts';
import type { InitOutcome } from '../executor/session.ts';
import type { MonotonicMs } from '../kit/index.ts';

/**
 * Consecutive failures of starts for a reason outside the code after which a request that waited for all of them is
 * refused.
 */
export const PLACE_ATTEMPTS = 6;
/** Pause after the first such failure (ms); doubled with each further one. */
const PLACE_PAUSE_MS = 30;

/**
 * Failed starts of a version for reasons outside its code, since its last successful start. Concurrent starts that fail
 * together count as one attempt.
 */
export class PlaceFaults {
  /** Start time of the failed sandbox of each attempt, oldest first. */
  readonly #attempts: MonotonicMs[] = [];
  #succeededAt: MonotonicMs = -Infinity;
  /** No sandbox is booted before this time. */
  pausedUntil: MonotonicMs = 0;

  /** Records a sandbox that was started at `startedAt` and failed. */
  failed(startedAt: MonotonicMs, now: MonotonicMs): void {
    if (startedAt <= this.#succeededAt) return;
    if (this.#attempts.length > 0 && startedAt < this.pausedUntil) return;
    this.#attempts.push(startedAt);
    // Only the first and the last ones are read.
    if (this.#attempts.length > PLACE_ATTEMPTS + 1) this.#attempts.splice(1, 1);
    const doublings = Math.min(this.#attempts.length, PLACE_ATTEMPTS) - 1;
    this.pausedUntil = now + PLACE_PAUSE_MS * 2 ** doublings;
  }

  /** Records a sandbox that started, or whose code reported why it cannot start. */
  succeeded(now: MonotonicMs): void {
    this.#succeededAt = now;
    if (this.#attempts.length === 0) return;
    this.#attempts.length = 0;
    this.pausedUntil = 0;
  }

  /**
   * Returns the time up to which queued requests are refused: they waited for every attempt, or for `limitMs` since the
   * first.
   */
  lostSince(now: MonotonicMs, limitMs: number): MonotonicMs {
    const [first] = this.#attempts;
    if (first === undefined) return -Infinity;
    const late = first <= now - limitMs ? now - limitMs : -Infinity;
    return Math.max(late, this.#attempts.at(-PLACE_ATTEMPTS) ?? -Infinity);
  }
}

/** Whether another start may succeed after the driver failed with `error`; not after a missing prerequisite. */
export function isPlaceFault(error: LamError): boolean {
  return error.kind === 'host_failure' || error.code === 'LAM_DRIVER_DOCKER_UNREACHABLE';
}

/**
 * Whether init ended by a signal that is usually sent from outside. If the code sends it to itself, later attempts fail
 * as well.
 */
export function wasKilledFromOutside(outcome: InitOutcome): boolean {
  if (outcome.kind !== 'exit' || outcome.exit.outOfMemory) return false;
  return outcome.exit.signal === 'SIGKILL' || outcome.exit.signal === 'SIGTERM';
}
