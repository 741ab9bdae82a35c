import { chooseEvictions, greedyDualPriority } from '../../pool/policy/index.ts';
import type { Machine } from '../machine.ts';
import type { Policy } from '../policy.ts';
import type { Sandbox } from '../sandbox.ts';

/** FaasCache: kept until the memory is needed, then the one that saves least for its size goes (doi 10.1145/3445814.3446757). */
export class GreedyDual implements Policy {
  readonly name = 'greedy-dual';
  readonly perSandbox: number;
  readonly reuse = 'newest';
  readonly mostFree = Infinity;
  readonly binding = 'early';
  readonly tickMs = 0;
  #machine!: Machine;
  #counts: Float64Array = new Float64Array();
  #clock = 0;

  constructor(perSandbox: number) {
    this.perSandbox = perSandbox;
  }

  attach(machine: Machine): void {
    this.#machine = machine;
    this.#counts = new Float64Array(machine.trace.functions.length);
  }

  arrived(of: number): void {
    this.#counts[of] = (this.#counts[of] ?? 0) + 1;
  }

  rested({ of, memoryMiB }: Sandbox): number {
    return greedyDualPriority(this.#clock, { frequency: this.#counts[of] ?? 0, coldMs: this.#machine.coldMs(of), memoryMiB });
  }

  look(): number {
    return Infinity;
  }

  evict(missingMiB: number, idle: Iterable<Sandbox>): readonly Sandbox[] {
    const { evicted, clock } = chooseEvictions([...idle], missingMiB, this.#clock);
    this.#clock = clock;
    return evicted;
  }
}
