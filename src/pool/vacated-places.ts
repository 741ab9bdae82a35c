import type { FunctionName, VersionNumber } from '../contract/index.ts';
import type { VacatedPlace } from '../driver/sandbox.ts';
import type { Clock } from '../kit/index.ts';
import type { PoolRevision } from './revision.ts';

/** How long a place is kept for the next sandbox of its version (ms). */
const KEPT_MS = 60_000;
/** Places kept at a time; the oldest goes first. */
const MOST = 16;
/** How long a new sandbox waits for the code of the earlier one to end (ms); usually it takes a few milliseconds. */
const WAIT_MS = 1000;

interface Kept {
  readonly revision: PoolRevision;
  /** Resolves when the code there has ended. */
  readonly place: Promise<VacatedPlace | undefined>;
  readonly cancelExpiry: () => void;
  /** Whether `place` has resolved. */
  isThere: boolean;
}

/**
 * What is left of sandboxes whose code timed out or ended: like AWS, the next sandbox of the same version finds their
 * `/tmp`.
 */
export class VacatedPlaces {
  readonly #clock: Clock;
  #kept: Kept[] = [];
  readonly #discarding = new Set<Promise<void>>();
  /** End the waits for places. */
  readonly #waits = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps a place. `place` must not reject. */
  keep(revision: PoolRevision, place: Promise<VacatedPlace | undefined>): void {
    const cancelExpiry = this.#clock.after(KEPT_MS, () => void this.#drop(kept));
    const kept: Kept = { revision, place, cancelExpiry, isThere: false };
    void place.then(() => (kept.isThere = true));
    this.#kept.push(kept);
    const [oldest] = this.#kept;
    if (this.#kept.length > MOST && oldest !== undefined) void this.#drop(oldest);
  }

  /**
   * Removes the oldest place of this version; undefined when there is none. Resolves to undefined when the code there does
   * not end soon, or when all are freed.
   */
  take(revision: PoolRevision): Promise<VacatedPlace | undefined> | undefined {
    const kept = this.#kept.find((one) => one.revision === revision);
    if (kept === undefined) return undefined;
    this.#remove(kept);
    const { promise, resolve } = Promise.withResolvers<VacatedPlace | undefined>();
    let isGivenUp = false;
    const giveUp = (): void => {
      isGivenUp = true;
      cancel();
      this.#waits.delete(giveUp);
      resolve(undefined);
    };
    const cancel = this.#clock.after(WAIT_MS, giveUp);
    this.#waits.add(giveUp);
    void kept.place.then((place) => {
      if (isGivenUp) {
        void this.#discard(kept);
        return;
      }
      cancel();
      this.#waits.delete(giveUp);
      resolve(place);
    });
    return promise;
  }

  /** Frees the places of a deleted function, or of one deleted version of it. */
  dropAll(functionName: FunctionName, version: VersionNumber | undefined): void {
    for (const kept of this.#kept) {
      const { revision } = kept;
      const isVersion = version === undefined || revision.version === version;
      if (revision.functionName === functionName && isVersion) void this.#drop(kept);
    }
  }

  /** Frees those whose code has ended, and ends all waits; the others are freed when theirs ends. */
  async free(): Promise<void> {
    for (const giveUp of this.#waits) giveUp();
    const there = this.#kept.filter(({ isThere }) => isThere);
    await Promise.all(there.map((kept) => this.#drop(kept)));
    for (const kept of this.#kept) void this.#drop(kept);
  }

  /** Resolves when all are freed. */
  async settled(): Promise<void> {
    await Promise.all(this.#discarding);
  }

  #drop(kept: Kept): Promise<void> {
    this.#remove(kept);
    return this.#discard(kept);
  }

  #discard({ place }: Kept): Promise<void> {
    const discarding = place.then((left) => left?.discard()).then(() => void this.#discarding.delete(discarding));
    this.#discarding.add(discarding);
    return discarding;
  }

  #remove(kept: Kept): void {
    kept.cancelExpiry();
    this.#kept = this.#kept.filter((one) => one !== kept);
  }
}
