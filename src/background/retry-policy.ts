import type { DeadReason } from '../contract/index.ts';
import type { EpochMs } from '../kit/index.ts';

/** Longest pause between two attempts (ms); AWS's for errors that are not the function's. */
const LONGEST_MS = 300_000;

/** How a function's events are retried. */
export interface RetrySettings {
  /** Attempts after the first one. */
  readonly retries: number;
  /** Upper bound of the pause before the first retry (ms); it doubles with each further one. */
  readonly retryDelayMs: number;
}

/** State of an event whose attempt has failed. */
export interface FailedEvent {
  /** Attempts that ended, this one included. */
  readonly attempts: number;
  readonly expiresAt: EpochMs;
}

/** What follows a failed attempt. */
export type Verdict =
  | { readonly kind: 'again'; readonly notBefore: EpochMs }
  | { readonly kind: 'dead'; readonly reason: DeadReason };

/**
 * Exponential backoff with full jitter: a pause between 0 and `firstMs`, doubled with each attempt, at most 5 minutes
 * (ms). `random` is in [0, 1).
 */
export function backoffMs(attempt: number, firstMs: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_MS, firstMs * 2 ** Math.min(attempt - 1, 30)));
}

/** Decides after an attempt at which the function failed. Pure. */
export function afterFailure(
  { attempts, expiresAt }: FailedEvent,
  { retries, retryDelayMs }: RetrySettings,
  at: { readonly now: EpochMs; readonly random: number },
): Verdict {
  if (attempts > retries) return { kind: 'dead', reason: 'RetriesExhausted' };
  const notBefore = at.now + backoffMs(attempts, retryDelayMs, at.random);
  return notBefore > expiresAt ? { kind: 'dead', reason: 'EventAgeExceeded' } : { kind: 'again', notBefore };
}
