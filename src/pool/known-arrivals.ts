import type { Clock, EpochMs, MonotonicMs } from '../kit/index.ts';
import { isExpectedAround } from './policy/index.ts';
import type { PoolRevision } from './revision.ts';
import type { FunctionName, VersionNumber } from '../contract/index.ts';

/** Maximum of instants per function; the nearest ones are kept. */
const MOST_INSTANTS = 16;

interface Entry {
  revision: PoolRevision;
  /** Ascending. */
  readonly instants: EpochMs[];
}

/** Future calls that schedules announce. Wall-clock times, so that they stay right when the clock is set. */
export class KnownArrivals {
  readonly #clock: Clock;
  /** By function. */
  readonly #entries: Map<string, Entry> = new Map();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a call of the version at `at`. */
  add(revision: PoolRevision, at: EpochMs): void {
    const entry = this.#entries.get(revision.functionName) ?? { revision, instants: [] };
    this.#entries.set(revision.functionName, entry);
    entry.revision = revision;
    const { instants } = entry;
    if (instants.includes(at)) return;
    const later = instants.findIndex((other) => other > at);
    instants.splice(later < 0 ? instants.length : later, 0, at);
    if (instants.length > MOST_INSTANTS) instants.pop();
  }

  /** Assigns the known calls of the function to this version. */
  moveTo(revision: PoolRevision): void {
    const entry = this.#entries.get(revision.functionName);
    if (entry !== undefined) entry.revision = revision;
  }

  /** Removes the known calls of a function, or only those of one version. */
  forget(functionName: FunctionName, version: VersionNumber | undefined): void {
    const entry = this.#entries.get(functionName);
    if (version === undefined || entry?.revision.version === version) this.#entries.delete(functionName);
  }

  /**
   * The next call of this version, on the monotonic clock; undefined when none is known. Removes calls in the past.
   */
  next(revision: PoolRevision): MonotonicMs | undefined {
    const entry = this.#entries.get(revision.functionName);
    return entry?.revision === revision ? this.#next(entry) : undefined;
  }

  /** Versions that must be ready now for a call about to arrive. `coldMs`: how long each takes to start. */
  due(coldMs: (revision: PoolRevision) => number): PoolRevision[] {
    const now = this.#clock.monotonic();
    const due: PoolRevision[] = [];
    for (const entry of this.#entries.values()) {
      const at = this.#next(entry);
      if (at !== undefined && isExpectedAround(now, at, coldMs(entry.revision))) due.push(entry.revision);
    }
    return due;
  }

  #next({ revision, instants }: Entry): MonotonicMs | undefined {
    const now = this.#clock.monotonic();
    const epoch = this.#clock.now();
    for (let at = instants[0]; at !== undefined; at = instants[0]) {
      const next = now + at - epoch;
      if (next > now || isExpectedAround(now, next, 0)) return next;
      instants.shift();
    }
    this.#entries.delete(revision.functionName);
    return undefined;
  }
}
