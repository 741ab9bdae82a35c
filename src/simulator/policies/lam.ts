import { chooseEvictions, greedyDualPriority, memoryPrice, Traffic, type KeepCosts } from '../../pool/policy/index.ts';
import type { Machine } from '../machine.ts';
import type { Policy } from '../policy.ts';
import type { Sandbox } from '../sandbox.ts';

/** What the pool of this repository does, by the same functions. */
export class LamKeep implements Policy {
  readonly name: string;
  readonly perSandbox: number;
  readonly reuse = 'newest';
  readonly mostFree = Infinity;
  readonly binding = 'late';
  readonly stems: boolean;
  readonly tickMs = 0;
  readonly #price: number | undefined;
  #machine!: Machine;
  #traffic: readonly Traffic[] = [];
  #costs: readonly KeepCosts[] = [];
  #clock = 0;

  /** @param price of memory, as in KeepCosts */
  constructor(options: { readonly name?: string; readonly price?: number; readonly perSandbox?: number; readonly stems?: boolean } = {}) {
    this.name = options.name ?? 'lam';
    this.#price = options.price;
    this.perSandbox = options.perSandbox ?? 1;
    this.stems = options.stems ?? true;
  }

  attach(machine: Machine): void {
    this.#machine = machine;
    this.#traffic = machine.trace.functions.map(() => new Traffic());
    this.#costs = machine.trace.functions.map((_, of) => ({
      coldMs: machine.coldMs(of),
      memoryMiB: machine.memoryMiB(of),
      concurrency: this.perSandbox,
      ...(this.#price === undefined ? {} : { price: this.#price }),
    }));
  }

  arrived(of: number, now: number): void {
    this.#of(of).arrived(now);
  }

  served(of: number, busy: number, now: number): void {
    if (busy > 1) this.#of(of).sample(now, busy, busy);
  }

  rested({ of, memoryMiB }: Sandbox, now: number): number {
    const busy = this.#machine.busy(of) + 1;
    if (busy > 1) this.#of(of).sample(now, busy, busy);
    const frequency = this.#of(of).arrivals.recent(now);
    return greedyDualPriority(this.#clock, { frequency, coldMs: this.#machine.coldMs(of), memoryMiB });
  }

  look(of: number, now: number): number {
    const machine = this.#machine;
    const traffic = this.#of(of);
    const price = this.#price ?? memoryPrice(machine.usedMiB, machine.budgetMiB);
    const costs = { ...(this.#costs[of] as KeepCosts), price };
    const wanted = traffic.wanted(now, costs);
    while (machine.all(of) > wanted) {
      const idle = machine.free(of).find((sandbox) => sandbox.active === 0);
      if (idle === undefined) break;
      machine.end(idle);
    }
    for (let missing = traffic.ahead(now, costs) - machine.all(of); missing > 0; missing--) if (!machine.startAhead(of)) break;
    return traffic.nextChange(now, costs);
  }

  evict(missingMiB: number, idle: Iterable<Sandbox>): readonly Sandbox[] {
    const { evicted, clock } = chooseEvictions([...idle], missingMiB, this.#clock);
    this.#clock = clock;
    return evicted;
  }

  #of(of: number): Traffic {
    return this.#traffic[of] as Traffic;
  }
}
