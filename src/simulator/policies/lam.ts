import { greedyDualPriority, MemoryPrice, Traffic, type KeepCosts } from '../../pool/policy/index.ts';
import type { PolicyMachine } from '../policy.ts';
import type { SimulatedSandbox } from '../sandbox.ts';
import { PlainPolicy } from './plain-policy.ts';

/** How often the pool reconciles its sandboxes (ms). */
const SWEEP_MS = 1000;

export interface LamOptions {
  readonly name?: string;
  /** Fixed price of memory, see KeepCosts; by default it follows the use of memory. */
  readonly price?: number;
  /** Requests that one sandbox serves at once. */
  readonly perSandbox: number;
}

/** KeepCosts with a price that changes. */
type Costs = { -readonly [K in keyof KeepCosts]-?: KeepCosts[K] };

/** lam's own pool, by the same policy functions. */
export class LamKeep extends PlainPolicy {
  readonly name: string;
  override readonly binding = 'late';
  readonly stems = true;
  override readonly tickMs: number;
  readonly #price: MemoryPrice = new MemoryPrice();
  readonly #fixedPrice: number | undefined;
  #traffic: readonly Traffic[] = [];
  #costs: readonly Costs[] = [];

  constructor({ name, price, perSandbox }: LamOptions) {
    super(perSandbox);
    this.name = name ?? 'lam';
    this.tickMs = price === undefined ? SWEEP_MS : 0;
    this.#fixedPrice = price;
  }

  override attach(machine: PolicyMachine): void {
    super.attach(machine);
    this.#traffic = machine.trace.functions.map(() => new Traffic());
    this.#costs = machine.trace.functions.map((_, of) => ({
      coldMs: machine.coldMs(of),
      memoryMiB: machine.memoryMiB(of),
      concurrency: this.perSandbox,
      price: this.#fixedPrice ?? this.#price.value,
    }));
  }

  arrived(of: number, now: number): void {
    this.#of(of).arrived(now);
  }

  served(of: number, busy: number, now: number): void {
    if (busy > 1) this.#of(of).sample(now, busy, busy);
  }

  override becameIdle({ of, memoryMiB }: SimulatedSandbox, now: number): number {
    const busy = this.machine.busy(of);
    if (busy > 0) this.#of(of).sample(now, busy, busy + 1);
    const frequency = this.#of(of).arrivals.recent(now);
    return greedyDualPriority(this.clock, { frequency, coldMs: this.machine.coldMs(of), memoryMiB });
  }

  override reconcile(of: number, now: number): number {
    const machine = this.machine;
    const traffic = this.#of(of);
    const costs = this.#costs[of] as Costs;
    const wanted = traffic.wanted(now, costs);
    while (machine.all(of) > wanted) {
      const idle = machine.free(of).find((sandbox) => sandbox.active === 0);
      if (idle === undefined) break;
      machine.end(idle);
    }
    for (let missing = traffic.ahead(now, costs) - machine.all(of); missing > 0; missing--)
      if (!machine.startAhead(of)) break;
    return traffic.nextChange(now, costs);
  }

  tick(now: number): void {
    if (!this.#price.sample(now, this.machine.heldMiB, this.machine.budgetMiB)) return;
    for (const [of, costs] of this.#costs.entries()) {
      costs.price = this.#price.value;
      if (this.machine.free(of).length > 0) this.machine.reconcileNow(of);
    }
  }

  #of(of: number): Traffic {
    return this.#traffic[of] as Traffic;
  }
}
