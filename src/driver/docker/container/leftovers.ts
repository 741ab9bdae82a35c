import type { Clock, MonotonicMs } from '../../../kit/index.ts';
import type { Removal } from './docker-sandbox.ts';

/** How long after a removal that was not confirmed it is tried again. */
const SWEEP_MS = 1000;
/** How long an engine that was asked for a container, did not answer, and answers again may take to make it all the same. */
const MAKING_MS = 15_000;

/** A container that should be gone. */
interface Leftover {
  /** It was asked for, and nobody said that it was made. */
  readonly isPossible: boolean;
  /** Since when an engine that answers knows no such container. */
  missingSince: MonotonicMs | undefined;
}

/** Containers that should be gone and may not be: tried again until the engine confirms it. */
export class Leftovers {
  readonly #clock: Clock;
  readonly #remove: (reference: string) => Promise<Removal>;
  /** By id or name. */
  readonly #open = new Map<string, Leftover>();
  #cancelSweep: (() => void) | undefined;
  #isSweeping = false;
  #closed = false;

  /** `remove` must not reject. */
  constructor(clock: Clock, remove: (reference: string) => Promise<Removal>) {
    this.#clock = clock;
    this.#remove = remove;
  }

  /** One that is there. `reference`: its id or name. */
  add(reference: string): void {
    this.#open.set(reference, { isPossible: false, missingSince: undefined });
    this.#sweepSoon();
  }

  /** One that was asked for and perhaps made, or is being made. */
  addPossible(name: string): void {
    this.#open.set(name, { isPossible: true, missingSince: undefined });
    this.#sweepSoon();
  }

  /** Tries a last time; what is still left is for the next daemon in this home. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelSweep?.();
    await this.#sweep();
  }

  #sweepSoon(): void {
    if (this.#closed || this.#isSweeping || this.#open.size === 0) return;
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      this.#isSweeping = true;
      void this.#sweep().then(() => {
        this.#isSweeping = false;
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
