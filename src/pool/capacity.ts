import type { MonotonicMs } from '../kit/index.ts';

/**
 * A sandbox that takes longer than this to start or to end is taken to be stuck, and others no longer wait for the place
 * or the memory it holds, ms. Several times what booting an engine's container and Node takes.
 */
export const STUCK_MS = 2000;

/** A sandbox as far as the machine is concerned: what it holds and since when. */
export interface Holder {
  readonly memoryMiB: number;
  readonly startedAt: MonotonicMs;
  /** When it was draining. */
  readonly endingSince: MonotonicMs;
}

/** What the machine lends to all sandboxes together, and what of it is taken. All times monotonic. */
export class Capacity {
  readonly memoryBudgetMiB: number;
  readonly #mostBoots: number;
  /** Sandboxes between the asking for them and the end of their init. */
  readonly #boots: Set<Holder> = new Set();
  /** Condemned sandboxes that still hold their memory. */
  readonly #ending: Set<Holder> = new Set();
  #usedMiB = 0;

  constructor(memoryBudgetMiB: number, cores: number) {
    this.memoryBudgetMiB = memoryBudgetMiB;
    this.#mostBoots = Math.max(2, cores);
  }

  /** Memory promised to all there are, MiB. */
  get usedMiB(): number {
    return this.#usedMiB;
  }

  /** Something boots right now, and is not stuck. */
  isBooting(now: MonotonicMs): boolean {
    return this.bootSlots(now) < this.#mostBoots;
  }

  /** It is being made: takes its memory and a place to boot. */
  started(holder: Holder): void {
    this.#boots.add(holder);
    this.#usedMiB += holder.memoryMiB;
  }

  /** What a stem held is from now on a function's sandbox's; it boots as far as the stem still does. */
  transferred(stem: Holder, to: Holder): void {
    if (this.#boots.delete(stem)) this.#boots.add(to);
    this.#usedMiB += to.memoryMiB - stem.memoryMiB;
  }

  /** It no longer boots, for whatever reason. */
  booted(holder: Holder): void {
    this.#boots.delete(holder);
  }

  /** Its memory will be free soon. */
  draining(holder: Holder): void {
    this.#ending.add(holder);
  }

  /** It holds nothing any more. */
  gone(holder: Holder): void {
    this.#boots.delete(holder);
    this.#ending.delete(holder);
    this.#usedMiB -= holder.memoryMiB;
  }

  /** How many more may boot beside those that do. */
  bootSlots(now: MonotonicMs): number {
    let booting = 0;
    for (const holder of this.#boots) if (now - holder.startedAt < STUCK_MS) booting++;
    return this.#mostBoots - booting;
  }

  /** Whether this much memory is free. */
  fits(memoryMiB: number): boolean {
    return this.#usedMiB + memoryMiB <= this.memoryBudgetMiB;
  }

  /** How much is missing for this much to be free once all that is ending has ended, MiB; 0 or less when nothing is. */
  missingMiB(memoryMiB: number, now: MonotonicMs): number {
    let onItsWay = 0;
    for (const holder of this.#ending) if (now - holder.endingSince < STUCK_MS) onItsWay += holder.memoryMiB;
    return this.#usedMiB - onItsWay + memoryMiB - this.memoryBudgetMiB;
  }
}
