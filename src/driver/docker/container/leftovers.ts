import type { Clock, MonotonicMs } from '../../../kit/index.ts';
import type { Removal } from './docker-sandbox.ts';

/** Delay before an unconfirmed removal is retried (ms). */
const SWEEP_MS = 1000;
/** How long an engine that answers again may still take to create a container whose request got no answer (ms). */
const MAKING_MS = 15_000;

/** A container that should no longer exist. */
interface Leftover {
  /** Creation was requested and never confirmed. */
  readonly isPossible: boolean;
  /** When an answering engine first reported it missing. */
  missingSince: MonotonicMs | undefined;
}

/** Containers whose removal is not confirmed; retried until the engine confirms it. */
export class Leftovers {
  readonly #clock: Clock;
  readonly #remove: (reference: string) => Promise<Removal>;
  /** By id or name. */
  readonly #open = new Map<string, Leftover>();
  #cancelSweep: (() => void) | undefined;
  #sweeping: Promise<void> | undefined;
  #closed = false;

  /** `remove` must not reject. */
  constructor(clock: Clock, remove: (reference: string) => Promise<Removal>) {
    this.#clock = clock;
    this.#remove = remove;
  }

  /** Adds an existing container. `reference`: its id or name. */
  add(reference: string): void {
    this.#open.set(reference, { isPossible: false, missingSince: undefined });
    this.#sweepSoon();
  }

  /** Adds a container whose creation was requested and not confirmed. */
  addPossible(name: string): void {
    this.#open.set(name, { isPossible: true, missingSince: undefined });
    this.#sweepSoon();
  }

  /** Tries once more; what remains is reclaimed by the next daemon of this home. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelSweep?.();
    // The engine refuses a second removal while one goes on.
    await this.#sweeping;
    await this.#sweep();
  }

  #sweepSoon(): void {
    if (this.#closed || this.#sweeping !== undefined || this.#open.size === 0) return;
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      this.#sweeping = this.#sweep().then(() => {
        this.#sweeping = undefined;
        this.#sweepSoon();
      });
    });
  }

  async #sweep(): Promise<void> {
    await Promise.all(
      [...this.#open].map(async ([reference, leftover]) => {
        if (this.#isOver(leftover, await this.#remove(reference))) this.#open.delete(reference);
      }),
    );
  }

  #isOver(leftover: Leftover, removal: Removal): boolean {
    if (removal !== 'missing') return removal === 'removed';
    if (!leftover.isPossible) return true;
    const now = this.#clock.monotonic();
    leftover.missingSince ??= now;
    return now - leftover.missingSince >= MAKING_MS;
  }
}
