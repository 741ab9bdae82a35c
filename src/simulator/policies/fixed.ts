import { chooseEvictions } from '../../pool/policy/index.ts';
import type { Machine } from '../machine.ts';
import type { Policy } from '../policy.ts';
import type { Sandbox } from '../sandbox.ts';

/**
 * What nearly everyone does: a sandbox is kept so long after its last use (OpenWhisk and early AWS Lambda: ten minutes); Infinity
 * keeps it until its memory is needed, which is LRU. Where memory is short, the longest unused goes first.
 */
export class FixedKeep implements Policy {
  readonly name: string;
  readonly perSandbox: number;
  readonly reuse = 'newest';
  readonly mostFree = Infinity;
  readonly binding = 'early';
  readonly tickMs = 0;
  readonly #keepMs: number;
  #machine!: Machine;

  constructor(name: string, keepMs: number, perSandbox: number) {
    this.name = name;
    this.perSandbox = perSandbox;
    this.#keepMs = keepMs;
  }

  attach(machine: Machine): void {
    this.#machine = machine;
  }

  arrived(): void {
    // It learns nothing.
  }

  rested(_sandbox: Sandbox, now: number): number {
    return now;
  }

  look(of: number, now: number): number {
    if (this.#keepMs === Infinity) return Infinity;
    let next = Infinity;
    for (const sandbox of [...this.#machine.free(of)]) {
      if (sandbox.active > 0) continue;
      const until = sandbox.idleSince + this.#keepMs;
      if (now >= until) this.#machine.end(sandbox);
      else next = Math.min(next, until);
    }
    return next;
  }

  evict(missingMiB: number, idle: Iterable<Sandbox>): readonly Sandbox[] {
    return chooseEvictions([...idle], missingMiB, 0).evicted;
  }
}
