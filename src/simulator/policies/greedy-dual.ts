import { greedyDualPriority } from '../../pool/policy/index.ts';
import type { PolicyMachine } from '../policy.ts';
import type { SimulatedSandbox } from '../sandbox.ts';
import { PlainPolicy } from './plain-policy.ts';

/**
 * FaasCache: sandboxes are kept until memory is short, then the one with the least saving per size is evicted (doi
 * 10.1145/3445814.3446757).
 */
export class GreedyDual extends PlainPolicy {
  readonly name = 'greedy-dual';
  #counts: Float64Array = new Float64Array();

  override attach(machine: PolicyMachine): void {
    super.attach(machine);
    this.#counts = new Float64Array(machine.trace.functions.length);
  }

  arrived(of: number): void {
    this.#counts[of] = (this.#counts[of] ?? 0) + 1;
  }

  override becameIdle({ of, memoryMiB }: SimulatedSandbox): number {
    return greedyDualPriority(this.clock, {
      frequency: this.#counts[of] ?? 0,
      coldMs: this.machine.coldMs(of),
      memoryMiB,
    });
  }
}
