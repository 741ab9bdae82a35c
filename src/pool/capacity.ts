import type { MonotonicMs } from '../kit/index.ts';

/**
 * A sandbox that takes longer than this to start or to end counts as stuck: others no longer wait for its boot slot or
 * its memory (ms). Several times the boot of a container with Node.
 */
export const STUCK_MS = 2000;

/** Resources of the machine that a sandbox holds, and since when. */
export interface Holder {
  readonly memoryMiB: number;
  readonly startedAt: MonotonicMs;
  /** When draining began. */
  readonly endingSince: MonotonicMs;
}

/** Accounts for the resources that all sandboxes hold: memory and boot slots. All times are monotonic. */
export class Capacity {
  readonly memoryBudgetMiB: number;
  readonly #mostBoots: number;
  /** Sandboxes from the call of the driver to the end of their init. */
  readonly #boots: Set<Holder> = new Set();
  /** Draining sandboxes, which still hold their memory. */
  readonly #ending: Set<Holder> = new Set();
  #usedMiB = 0;

  constructor(memoryBudgetMiB: number, cores: number) {
    this.memoryBudgetMiB = memoryBudgetMiB;
    this.#mostBoots = Math.max(2, cores);
  }

  /** Memory limits of all sandboxes together (MiB). */
  get usedMiB(): number {
    return this.#usedMiB;
  }

  /** Whether any sandbox boots and is not stuck. */
  isBooting(now: MonotonicMs): boolean {
    return this.bootSlots(now) < this.#mostBoots;
  }

  /** Takes memory and a boot slot, when the driver is called. */
  started(holder: Holder): void {
    this.#boots.add(holder);
    this.#usedMiB += holder.memoryMiB;
  }

  /**
   * Transfers the memory of a stem, and its boot slot while it still boots, to the sandbox of the function that it is
   * bound to.
   */
  transferred(stem: Holder, to: Holder): void {
    if (this.#boots.delete(stem)) this.#boots.add(to);
    this.#usedMiB += to.memoryMiB - stem.memoryMiB;
  }

  /** Frees its boot slot. */
  booted(holder: Holder): void {
    this.#boots.delete(holder);
  }

  /** Marks its memory as about to be freed. */
  draining(holder: Holder): void {
    this.#ending.add(holder);
  }

  /** Frees its memory and boot slot. */
  gone(holder: Holder): void {
    this.#boots.delete(holder);
    this.#ending.delete(holder);
    this.#usedMiB -= holder.memoryMiB;
  }

  /** Number of sandboxes that may begin to boot now. */
  bootSlots(now: MonotonicMs): number {
    let booting = 0;
    for (const holder of this.#boots) if (now - holder.startedAt < STUCK_MS) booting++;
    return this.#mostBoots - booting;
  }

  /** Whether this much memory is free (MiB). */
  fits(memoryMiB: number): boolean {
    return this.#usedMiB + memoryMiB <= this.memoryBudgetMiB;
  }

  /**
   * Memory still missing for `memoryMiB` once all draining sandboxes are gone (MiB); 0 or less when there is enough.
   */
  missingMiB(memoryMiB: number, now: MonotonicMs): number {
    let onItsWay = 0;
    for (const holder of this.#ending) if (now - holder.endingSince < STUCK_MS) onItsWay += holder.memoryMiB;
    return this.#usedMiB - onItsWay + memoryMiB - this.memoryBudgetMiB;
  }
}
