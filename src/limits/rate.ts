import type { Rate } from './token-bucket.ts';

/** The burst of a rate limit that sets none: one second's requests, at least one. */
function burstOf(perSecond: number): number {
  return Math.max(1, Math.ceil(perSecond));
}

/** A rate limit as settings have it, with its default burst. */
export function rateOf(rateLimit: number, burst: number | null | undefined): Rate {
  return { perSecond: rateLimit, burst: burst ?? burstOf(rateLimit) };
}
