import { eachLimited, type Clock, type MonotonicMs } from '../../../kit/index.ts';

/** What was seen of a file that is to be reported: its version as a text, or `gone`. */
export interface Sighting {
  readonly key: string;
  readonly what: string;
  readonly dueAt: MonotonicMs;
}

/** How many files are handled at the same time. */
const AT_ONCE = 16;
/** Shortest pause between two looks at what is due (ms). */
const LEAST_PAUSE_MS = 20;

/** Files whose last sighting must stay true for a while before it is handled. */
export class Resting {
  readonly #clock: Clock;
  readonly #handle: (sighting: Sighting) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  readonly #sightings = new Map<string, Sighting>();
  #cancelTimer: (() => void) | undefined;
  #wakesAt: MonotonicMs = Infinity;
  #work: Promise<void> | undefined;
  #isClosed = false;

  /** @param handle called for each sighting that was true long enough @param onFailure called when that fails */
  constructor(clock: Clock, handle: (sighting: Sighting) => Promise<void>, onFailure: (error: unknown) => void) {
    this.#clock = clock;
    this.#handle = handle;
    this.#onFailure = onFailure;
  }

  get size(): number {
    return this.#sightings.size;
  }

  /** Notes what was seen; it is due after `restMs`, counted from the first of equal sightings. */
  note(key: string, what: string, restMs: number): void {
    if (this.#sightings.get(key)?.what === what) return;
    const dueAt = this.#clock.monotonic() + restMs;
    this.#sightings.set(key, { key, what, dueAt });
    this.#wakeBy(dueAt);
  }

  /** Forgets what was seen. */
  drop(key: string): void {
    this.#sightings.delete(key);
  }

  /** Handles no more; resolves when those have ended that are being handled. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#sightings.clear();
    await this.#work;
  }

  /** Sets the timer for `at`, unless it is set for an earlier time. */
  #wakeBy(at: MonotonicMs): void {
    if (this.#isClosed || this.#work !== undefined || at >= this.#wakesAt) return;
    this.#cancelTimer?.();
    this.#wakesAt = at;
    const ms = Math.max(at - this.#clock.monotonic(), LEAST_PAUSE_MS);
    this.#cancelTimer = this.#clock.after(ms, () => this.#wake());
  }

  #nextAt(): MonotonicMs {
    let first = Infinity;
    for (const { dueAt } of this.#sightings.values()) if (dueAt < first) first = dueAt;
    return first;
  }

  #wake(): void {
    this.#wakesAt = Infinity;
    const now = this.#clock.monotonic();
    const due = [...this.#sightings.values()].filter(({ dueAt }) => dueAt <= now);
    this.#work = eachLimited(due, AT_ONCE, (sighting) => this.#settle(sighting))
      .catch((error: unknown) => this.#onFailure(error))
      .finally(() => {
        this.#work = undefined;
        this.#wakeBy(this.#nextAt());
      });
  }

  async #settle(sighting: Sighting): Promise<void> {
    // Another one may have taken its place while it waited.
    if (this.#sightings.get(sighting.key) !== sighting) return;
    await this.#handle(sighting);
    if (this.#sightings.get(sighting.key) === sighting) this.#sightings.delete(sighting.key);
  }
}
