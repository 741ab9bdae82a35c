import { createHash } from 'node:crypto';
import type { EpochMs } from '../../../kit/index.ts';
import type { KeptEntries } from '../../running.ts';

/** Most remembered deliveries; one takes about 200 bytes. */
const MOST = 100_000;

/** KnownDeliveries that were accepted, over restarts of the daemon; beyond {@link MOST} the oldest are forgotten. */
export class KnownDeliveries {
  readonly #entries: KeptEntries;
  readonly #most: number;
  /** When each is forgotten, by a digest of its id, in the order of arrival. */
  readonly #until: Map<string, EpochMs>;

  constructor(entries: KeptEntries, most = MOST) {
    this.#entries = entries;
    this.#most = most;
    const read = [...entries.all()].map(([key, text]): [string, EpochMs] => [key, Number(text)]);
    this.#until = new Map(read.toSorted(([, a], [, b]) => a - b));
  }

  /** Whether a delivery was accepted. */
  has(id: string, now: EpochMs): boolean {
    return (this.#until.get(digestOf(id)) ?? 0) > now;
  }

  /** Remembers a delivery until then, and forgets what is past. */
  add(id: string, until: EpochMs, now: EpochMs): void {
    for (const [key, end] of this.#until) {
      if (end > now && this.#until.size < this.#most) break;
      this.#until.delete(key);
      this.#entries.set(key, undefined);
    }
    const key = digestOf(id);
    this.#until.set(key, until);
    this.#entries.set(key, String(until));
  }
}

/** Ids may be long, and are the sender's. */
function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 24);
}
