import type { LamError } from '../errors/index.ts';
import type { InitOutcome } from '../executor/session.ts';
import type { MonotonicMs } from '../kit/index.ts';

/** Starts in a row that fail for a reason outside the code before a request that waited for all of them is refused. */
export const PLACE_ATTEMPTS = 6;
/** Pause after the first such failure (ms); doubled with each further one. */
const PLACE_PAUSE_MS = 30;

/**
 * The failures of a version's starts for reasons outside its code, since its last sandbox that came up. Sandboxes that
 * started side by side and fail together count as one attempt.
 */
export class PlaceFaults {
  /** When the failed sandbox of each attempt was started, oldest first. */
  readonly #attempts: MonotonicMs[] = [];
  #succeededAt: MonotonicMs = -Infinity;
  /** No sandbox is booted before this time. */
  pausedUntil: MonotonicMs = 0;

  /** Records a sandbox that was started at `startedAt` and failed. */
  failed(startedAt: MonotonicMs, now: MonotonicMs): void {
    if (startedAt <= this.#succeededAt) return;
    if (this.#attempts.length > 0 && startedAt < this.pausedUntil) return;
    this.#attempts.push(startedAt);
    // Only the first one and the last ones are read.
    if (this.#attempts.length > PLACE_ATTEMPTS + 1) this.#attempts.splice(1, 1);
    const doublings = Math.min(this.#attempts.length, PLACE_ATTEMPTS) - 1;
    this.pausedUntil = now + PLACE_PAUSE_MS * 2 ** doublings;
  }

  /** Records a sandbox that came up, or whose code reported why it cannot. */
  succeeded(now: MonotonicMs): void {
    this.#succeededAt = now;
    if (this.#attempts.length === 0) return;
    this.#attempts.length = 0;
    this.pausedUntil = 0;
  }

  /** Requests queued no later than this are refused: they waited for every attempt, or for `limitMs` since the first. */
  lostSince(now: MonotonicMs, limitMs: number): MonotonicMs {
    const [first] = this.#attempts;
    if (first === undefined) return -Infinity;
    const late = first <= now - limitMs ? now - limitMs : -Infinity;
    return Math.max(late, this.#attempts.at(-PLACE_ATTEMPTS) ?? -Infinity);
  }
}

/** Whether another start may succeed after the driver failed with `error`: what is missing stays missing. */
export function isPlaceFault(error: LamError): boolean {
  return error.kind === 'host_failure' || error.code === 'LAM_DRIVER_DOCKER_UNREACHABLE';
}

/**
 * Whether init ended by a signal that others send. If the code sends it to itself, the attempts that follow show it.
 */
export function wasKilledFromOutside(outcome: InitOutcome): boolean {
  if (outcome.kind !== 'exit' || outcome.exit.outOfMemory) return false;
  return outcome.exit.signal === 'SIGKILL' || outcome.exit.signal === 'SIGTERM';
}
