import { stemsWanted } from '../pool/policy/index.ts';

/** Delay of a refill after a change (ms), as in the pool. */
const REFILL_MS = 50;
const MOST_TAKEN = 16;

/** The machine, as used by the shelf. */
export interface ShelfOwner {
  readonly now: number;
  /** Memory of everything but stems, MiB. */
  readonly usedMiB: number;
  readonly budgetMiB: number;
  /** Calls {@link StemShelf.refill} at this time. */
  refillAt(time: number): void;
  /** Calls {@link StemShelf.booted} at this time. */
  bootedAt(time: number): void;
}

/** Stems of one kind on the simulated machine, by the policy of the pool. */
export class StemShelf {
  readonly #owner: ShelfOwner;
  readonly #memoryMiB: number;
  readonly #bootMs: number;
  readonly #acquiredAt: number[] = [];
  #lastUsedAt = 0;
  #ready = 0;
  #booting = 0;
  #since = 0;
  #refillDue = Infinity;
  /** Integral of the held memory, MiB ms. */
  idle = 0;

  constructor(owner: ShelfOwner, memoryMiB: number, bootMs: number) {
    this.#owner = owner;
    this.#memoryMiB = memoryMiB;
    this.#bootMs = bootMs;
  }

  get ready(): number {
    return this.#ready;
  }

  get heldMiB(): number {
    return (this.#ready + this.#booting) * this.#memoryMiB;
  }

  /** Takes a stem for a start; returns whether one was ready. */
  take(): boolean {
    const { now } = this.#owner;
    this.#lastUsedAt = now;
    this.#acquiredAt.push(now);
    if (this.#acquiredAt.length > MOST_TAKEN) this.#acquiredAt.shift();
    this.#refillBy(now + REFILL_MS);
    if (this.#ready === 0) return false;
    this.#change(-1);
    return true;
  }

  /** Ends stems until this much is free or none is left. Returns how much was freed (MiB). */
  evict(missingMiB: number): number {
    const ended = Math.min(this.#ready, Math.ceil(missingMiB / this.#memoryMiB));
    if (ended <= 0) return 0;
    this.#change(-ended);
    this.#refillBy(this.#owner.now + REFILL_MS);
    return ended * this.#memoryMiB;
  }

  /** A booting stem is ready. */
  booted(): void {
    this.#booting--;
    this.#change(1);
    this.refill();
  }

  /** Boots one more, or ends the surplus. */
  refill(): void {
    const { now, usedMiB, budgetMiB } = this.#owner;
    if (now >= this.#refillDue) this.#refillDue = Infinity;
    const kind = {
      lastUsedAt: this.#lastUsedAt,
      acquiredAt: this.#acquiredAt,
      memoryMiB: this.#memoryMiB,
      failures: 0,
      failedAt: 0,
    };
    const { wanted, recheckInMs } = stemsWanted([kind], { now, usedMiB, budgetMiB });
    const missing = (wanted[0] ?? 0) - this.#ready - this.#booting;
    if (missing < 0 && this.#ready > 0) this.#change(-Math.min(this.#ready, -missing));
    // One at a time, so that starts on demand go first.
    if (missing > 0 && this.#booting === 0) {
      this.#booting++;
      this.#owner.bootedAt(now + this.#bootMs);
    }
    if (recheckInMs !== undefined) this.#refillBy(now + Math.max(recheckInMs, REFILL_MS));
  }

  /** Adds the memory held up to now to the integral. */
  settle(): void {
    this.#change(0);
  }

  #change(by: number): void {
    const { now } = this.#owner;
    this.idle += this.#ready * this.#memoryMiB * Math.max(0, now - this.#since);
    this.#since = now;
    this.#ready += by;
  }

  #refillBy(time: number): void {
    if (time >= this.#refillDue) return;
    this.#refillDue = time;
    this.#owner.refillAt(time);
  }
}
