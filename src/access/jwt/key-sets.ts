import type { createLocalJWKSet, JSONWebKeySet } from 'jose';
import { isLamError, lamError, messageOf } from '../../errors/index.ts';
import type { Clock, EpochMs } from '../../kit/index.ts';
import { fetchJson } from './fetch-json.ts';

type KeyFinder = ReturnType<typeof createLocalJWKSet>;

/** Keys are fetched again when they are older than this, while the old ones stay in use (ms). */
const FRESH_MS = 10 * 60_000;
/** Keys that could not be fetched again are used this long (ms). */
const MOST_AGE_MS = 24 * 3_600_000;
/** Least time between two fetches because of unknown keys: anyone may send a token with an unknown one (ms). */
const COOLDOWN_MS = 30_000;
/** Least time between two attempts while the issuer cannot be reached (ms). */
const RETRY_MS = 5000;

/** Where the keys of an issuer are: at a URL, or where its OpenID configuration says. */
export type KeyPlace = { readonly jwks: string } | { readonly issuer: string };

/**
 * The public keys of one issuer, in memory. They are fetched at the first token, again after ten minutes in the
 * background, and at a token with an unknown key, so that a rotation needs no restart. While the issuer cannot be reached,
 * known keys stay in use for a day.
 */
export class KeySet {
  readonly #place: KeyPlace;
  readonly #clock: Clock;
  readonly #onTrouble: (what: string) => void;
  #find: KeyFinder | undefined;
  #fetchedAt: EpochMs = 0;
  /** The last attempt, whether or not it succeeded. */
  #triedAt: EpochMs = Number.NEGATIVE_INFINITY;
  #why = '';
  #fetching: Promise<void> | undefined;

  constructor(place: KeyPlace, clock: Clock, onTrouble: (what: string) => void) {
    this.#place = place;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** Changes with every fetch, so that what old keys accepted is checked again. */
  get fetchedAt(): EpochMs {
    return this.#fetchedAt;
  }

  /** Starts a fetch in the background if the keys are older than ten minutes. */
  renewIfOld(): void {
    if (this.#find !== undefined && this.#clock.now() - this.#fetchedAt > FRESH_MS) void this.#refresh(RETRY_MS);
  }

  /** The keys in use. Rejects with `LAM_ACCESS_KEYS_UNAVAILABLE`. */
  async current(): Promise<KeyFinder> {
    this.renewIfOld();
    if (this.#isTooOld()) await this.#refresh(RETRY_MS);
    return this.#inUse();
  }

  /**
   * The keys after another fetch, for a token with an unknown key; undefined if they were fetched a moment ago. Rejects
   * with `LAM_ACCESS_KEYS_UNAVAILABLE` where the issuer cannot be reached, because the key may be a new one.
   */
  async renewed(): Promise<KeyFinder | undefined> {
    const before = this.#fetchedAt;
    await this.#refresh(COOLDOWN_MS);
    if (this.#fetchedAt !== before) return this.#inUse();
    if (this.#why !== '') throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: this.#why });
    return undefined;
  }

  #isTooOld(): boolean {
    return this.#find === undefined || this.#clock.now() - this.#fetchedAt > MOST_AGE_MS;
  }

  #inUse(): KeyFinder {
    if (this.#find === undefined || this.#isTooOld()) throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: this.#why });
    return this.#find;
  }

  /** Fetches the keys, once for all that wait. Never rejects. */
  async #refresh(pauseMs: number): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const sinceMs = this.#clock.now() - this.#triedAt;
    // After a failure only the shorter pause counts. A clock that was set back ends it, too.
    if (sinceMs >= 0 && sinceMs < (this.#why === '' ? pauseMs : RETRY_MS)) return undefined;
    this.#triedAt = this.#clock.now();
    this.#fetching = this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      const { createLocalJWKSet } = await import('jose');
      const url = 'jwks' in this.#place ? this.#place.jwks : await discovered(this.#place.issuer);
      const set = await fetchJson(url);
      if (!Array.isArray(set['keys']))
        throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: the answer is no JWK set` });
      this.#find = createLocalJWKSet(set as unknown as JSONWebKeySet);
      this.#fetchedAt = Math.max(this.#clock.now(), this.#fetchedAt + 1);
      this.#why = '';
    } catch (error) {
      const why = isLamError(error) ? error.details['why'] : undefined;
      this.#why = typeof why === 'string' ? why : messageOf(error);
      this.#onTrouble(`the keys of an issuer of tokens could not be fetched: ${this.#why}`);
    }
  }
}

/** The URL of the keys, from the OpenID configuration of an issuer. */
async function discovered(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { issuer: own, jwks_uri: jwks } = await fetchJson(url);
  if (own !== issuer) throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: it is of another issuer` });
  if (typeof jwks !== 'string' || !/^https?:\/\//.test(jwks))
    throw lamError('LAM_ACCESS_KEYS_UNAVAILABLE', { why: `${url}: it has no jwks_uri` });
  return jwks;
}

/** The key sets of all routes: those with the same issuer share one. */
export class KeySets {
  readonly #sets = new Map<string, KeySet>();
  readonly #clock: Clock;
  readonly #onTrouble: (what: string) => void;

  constructor(clock: Clock, onTrouble: (what: string) => void) {
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  of(place: KeyPlace): KeySet {
    const key = JSON.stringify(place);
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const made = new KeySet(place, this.#clock, this.#onTrouble);
    this.#sets.set(key, made);
    return made;
  }
}
