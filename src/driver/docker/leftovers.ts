import type { Clock, MonotonicMs } from '../../kit/index.ts';
import type { Removal } from './docker-sandbox.ts';

/** How long after a removal that was not confirmed it is tried again. */
const SWEEP_MS = 1000;
/** How long an engine that was asked for a container, and did not answer, may take to make it all the same. */
const MAKING_MS = 15_000;

/** Containers that should be gone and may not be: tried again until the engine confirms it. */
export class Leftovers {
  readonly #clock: Clock;
  readonly #remove: (reference: string) => Promise<Removal>;
  /** Id or name, and until when it may still appear if it is not there. */
  readonly #open = new Map<string, MonotonicMs>();
  #cancelSweep: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, remove: (reference: string) => Promise<Removal>) {
    this.#clock = clock;
    this.#remove = remove;
  }

  /** One that is there. `reference`: its id or name. */
  add(reference: string): void {
    this.#add(reference, -Infinity);
  }

  /** One that was asked for and perhaps made. */
  addPossible(name: string): void {
    this.#add(name, this.#clock.monotonic() + MAKING_MS);
  }

  /** Tries a last time; what is still left is for the next daemon in this home. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelSweep?.();
    await this.#sweep();
  }

  #add(reference: string, mayAppearUntil: MonotonicMs): void {
    this.#open.set(reference, mayAppearUntil);
    this.#sweepSoon();
  }

  #sweepSoon(): void {
    if (this.#closed || this.#open.size === 0) return;
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      void this.#sweep().then(() => this.#sweepSoon());
    });
  }

  async #sweep(): Promise<void> {
    await Promise.all(
      [...this.#open].map(async ([reference, mayAppearUntil]) => {
        const removal = await this.#remove(reference);
        const isOver = removal === 'removed' || (removal === 'missing' && this.#clock.monotonic() >= mayAppearUntil);
        if (isOver) this.#open.delete(reference);
      }),
    );
  }
}
