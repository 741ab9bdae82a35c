import type { EpochMs } from '../../kit/index.ts';

/** Default of the most remembered requests; one takes about 150 bytes. */
const MOST = 100_000;

/**
 * Remembers authentic requests until their signatures are too old to be accepted. Beyond its size it forgets the oldest
 * first, and only holders of the secret can fill it. Kept in memory: after a restart of the daemon, a copy of a request
 * is refused only once its signature is too old.
 */
export class ReplayMemory {
  /** Until when each is remembered; in the order of arrival. */
  readonly #seen = new Map<string, EpochMs>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Whether the request is new; it is remembered until then. */
  admit(fingerprint: string, until: EpochMs, now: EpochMs): boolean {
    this.#forgetOld(now);
    const known = this.#seen.get(fingerprint);
    if (known !== undefined && known > now) return false;
    this.#seen.delete(fingerprint);
    this.#seen.set(fingerprint, until);
    return true;
  }

  /** Forgets a request that was not handled, so that its sender may send it again. */
  forget(fingerprint: string): void {
    this.#seen.delete(fingerprint);
  }

  #forgetOld(now: EpochMs): void {
    for (const [fingerprint, until] of this.#seen) {
      if (until > now && this.#seen.size < this.#most) return;
      this.#seen.delete(fingerprint);
    }
  }
}
