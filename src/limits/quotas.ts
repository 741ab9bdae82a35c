import type { ApiKeyDetail, KeyUsage } from '../contract/index.ts';
import { lamError, type LamError } from '../errors/index.ts';
import type { Clock, EpochMs } from '../kit/index.ts';

const DAY_MS = 86_400_000;

/** Where the requests of API keys are counted, over restarts. Reads return at once what was set. */
export interface UsageRecords {
  get(keyId: string): KeyUsage | undefined;
  set(keyId: string, usage: KeyUsage): void;
  delete(keyId: string): void;
}

/** A request that counts against a quota. */
export interface CountedRequest {
  /** Takes it off the count: nothing ran. Further calls do nothing. */
  giveBack(): void;
}

/** How many requests an API key may send a UTC day, and how many it has sent. */
export class Quotas {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #records: UsageRecords;

  constructor(clock: Pick<Clock, 'now'>, records: UsageRecords) {
    this.#clock = clock;
    this.#records = records;
  }

  /** Counts a request, or returns `LAM_LIMITS_QUOTA`; undefined for a key without a quota, whose requests are not counted. */
  take({ id, name, quota }: ApiKeyDetail): CountedRequest | LamError | undefined {
    if (quota === null) return undefined;
    const now = this.#clock.now();
    const known = this.#records.get(id);
    const usage = usageAt(known, dayOf(now));
    if (usage.used >= quota) {
      // The day counts from here on, so that the next one renews the quota.
      if (usage !== known) this.#records.set(id, usage);
      return lamError('LAM_LIMITS_QUOTA', { name, quota, retryAfterMs: endOf(dayOf(now)) - now });
    }
    this.#records.set(id, { ...usage, used: usage.used + 1 });
    return new Counted(this.#records, id, usage.day);
  }

  /** Requests of a key that count against its quota today. */
  used(keyId: string): number {
    return usageAt(this.#records.get(keyId), dayOf(this.#clock.now())).used;
  }

  /** When the next UTC day begins, and with it all quotas anew. */
  resetsAt(): EpochMs {
    return endOf(dayOf(this.#clock.now()));
  }

  /** Forgets what was counted of a key that no longer exists. */
  forget(keyId: string): void {
    this.#records.delete(keyId);
  }
}

class Counted implements CountedRequest {
  readonly #records: UsageRecords;
  readonly #keyId: string;
  readonly #day: number;
  #isCounted = true;

  constructor(records: UsageRecords, keyId: string, day: number) {
    this.#records = records;
    this.#keyId = keyId;
    this.#day = day;
  }

  giveBack(): void {
    const usage = this.#records.get(this.#keyId);
    // The key may have been revoked, and the day may have ended.
    if (!this.#isCounted || usage?.day !== this.#day) return;
    this.#isCounted = false;
    this.#records.set(this.#keyId, { ...usage, used: usage.used - 1 });
  }
}

/**
 * What counts on a day. A clock that is set back to a day without a count goes on with that of the later days, and one that
 * returns to the day that counted before goes on with its count: neither renews a quota. A day in the future that was
 * counted while the clock was wrong delays no renewal.
 */
function usageAt(known: KeyUsage | undefined, day: number): KeyUsage {
  if (known === undefined) return { day, used: 0, previous: null };
  if (known.day === day) return known;
  const { day: knownDay, used, previous } = known;
  const left = { day: knownDay, used };
  if (previous?.day === day) return { ...previous, previous: left };
  const later = [left, ...(previous === null ? [] : [previous])].filter((each) => each.day > day);
  return { day, used: day > knownDay ? 0 : Math.max(...later.map((each) => each.used)), previous: left };
}

function dayOf(now: EpochMs): number {
  return Math.floor(now / DAY_MS);
}

function endOf(day: number): EpochMs {
  return (day + 1) * DAY_MS;
}
