import { chooseEvictions } from '../../pool/policy/index.ts';
import type { Policy, PolicyMachine } from '../policy.ts';
import type { SimulatedSandbox } from '../sandbox.ts';

/** Defaults of a policy: early binding, and eviction of the least recently used. */
export abstract class PlainPolicy implements Policy {
  abstract readonly name: string;
  readonly perSandbox: number;
  readonly reuse: Policy['reuse'] = 'newest';
  readonly mostFree: number = Infinity;
  readonly binding: Policy['binding'] = 'early';
  readonly tickMs: number = 0;
  protected machine!: PolicyMachine;
  /** Greedy-dual's clock: the highest priority evicted so far. Unused by the others. */
  protected clock = 0;

  /** @param perSandbox requests that one sandbox serves at once */
  constructor(perSandbox: number) {
    this.perSandbox = perSandbox;
  }

  attach(machine: PolicyMachine): void {
    this.machine = machine;
  }

  abstract arrived(of: number, now: number): void;

  becameIdle(_sandbox: SimulatedSandbox, now: number): number {
    return now;
  }

  reconcile(_of: number, _now: number): number {
    return Infinity;
  }

  evict(missingMiB: number, idle: Iterable<SimulatedSandbox>): readonly SimulatedSandbox[] {
    const { evicted, clock } = chooseEvictions([...idle], missingMiB, this.clock);
    this.clock = clock;
    return evicted;
  }
}
