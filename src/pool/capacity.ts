import { chooseEvictions } from './policy.ts';
import type { Slot } from './slot.ts';

/**
 * A sandbox that takes longer than this to start or to end is taken to be stuck, and others no longer wait for the place
 * or the memory it holds, ms. Several times what booting an engine's container and Node takes.
 */
export const STUCK_MS = 2000;

/** What the machine lends to all sandboxes together, and what of it is taken. All times monotonic. */
export class Capacity {
  readonly #memoryBudgetMiB: number;
  readonly #mostBoots: number;
  /** Sandboxes between the asking for them and the end of their init. */
  readonly #boots: Set<Slot> = new Set();
  /** Condemned sandboxes that still hold their memory. */
  readonly #ending: Set<Slot> = new Set();
  #usedMiB = 0;

  constructor(memoryBudgetMiB: number, cores: number) {
    this.#memoryBudgetMiB = memoryBudgetMiB;
    this.#mostBoots = Math.max(2, cores);
  }

  /** It is being made: takes its memory and a place to boot. */
  started(slot: Slot): void {
    this.#boots.add(slot);
    this.#usedMiB += slot.memoryMiB;
  }

  /** It no longer boots, for whatever reason. */
  booted(slot: Slot): void {
    this.#boots.delete(slot);
  }

  /** Its memory will be free soon. */
  condemned(slot: Slot): void {
    this.#ending.add(slot);
  }

  /** It holds nothing any more. */
  gone(slot: Slot): void {
    this.#ending.delete(slot);
    this.#usedMiB -= slot.memoryMiB;
  }

  /** How many more may boot beside those that do. */
  bootRoom(now: number): number {
    let booting = 0;
    for (const slot of this.#boots) if (now - slot.startedAt < STUCK_MS) booting++;
    return this.#mostBoots - booting;
  }

  /** Whether this much memory is free. */
  fits(memoryMiB: number): boolean {
    return this.#usedMiB + memoryMiB <= this.#memoryBudgetMiB;
  }

  /** Which of the idle sandboxes to end so that this much will be free, once all that is ending has ended. */
  evictionsFor(memoryMiB: number, idle: readonly Slot[], now: number): readonly Slot[] {
    let onItsWay = 0;
    for (const slot of this.#ending) if (now - slot.endingSince < STUCK_MS) onItsWay += slot.memoryMiB;
    return chooseEvictions(idle, this.#usedMiB - onItsWay, memoryMiB, this.#memoryBudgetMiB) ?? [];
  }
}
