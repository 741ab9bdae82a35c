import { createHash } from 'node:crypto';
import type { EpochMs } from '../../kit/index.ts';

/** Default of the most remembered requests; one takes about 200 bytes. */
const MOST = 100_000;

/** Which requests to one route were accepted, durable. Implemented by the daemon. */
export interface KeptReplays {
  /** Until when each is remembered, by its digest. */
  all(): Iterable<readonly [digest: string, until: EpochMs]>;
  /** Keeps one, or forgets it if undefined. Durable within a second; failures are reported elsewhere. */
  set(digest: string, until: EpochMs | undefined): void;
}

/**
 * Remembers authentic requests until their signatures are too old to be accepted, also over restarts of the daemon.
 * Beyond its size it forgets the oldest first, and only holders of the secret can fill it.
 */
export class ReplayMemory {
  readonly #kept: KeptReplays;
  /** Until when each is remembered; in the order of arrival. */
  readonly #seen: Map<string, EpochMs>;
  readonly #most: number;

  constructor(kept: KeptReplays, most = MOST) {
    this.#kept = kept;
    this.#seen = new Map([...kept.all()].toSorted(([, a], [, b]) => a - b));
    this.#most = most;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Whether the request is new; it is remembered until then. */
  admit(fingerprint: string, until: EpochMs, now: EpochMs): boolean {
    this.#forgetOld(now);
    const digest = digestOf(fingerprint);
    const known = this.#seen.get(digest);
    if (known !== undefined && known > now) return false;
    this.#seen.delete(digest);
    this.#seen.set(digest, until);
    this.#kept.set(digest, until);
    return true;
  }

  /** Forgets a request that was not handled, so that its sender may send it again. */
  forget(fingerprint: string): void {
    this.#drop(digestOf(fingerprint));
  }

  #forgetOld(now: EpochMs): void {
    for (const [digest, until] of this.#seen) {
      if (until > now && this.#seen.size < this.#most) return;
      this.#drop(digest);
    }
  }

  #drop(digest: string): void {
    if (this.#seen.delete(digest)) this.#kept.set(digest, undefined);
  }
}

/** What is kept of a fingerprint: no signature that someone could send is on the disk. */
function digestOf(fingerprint: string): string {
  return createHash('sha256').update(fingerprint).digest('base64url').slice(0, 24);
}
