import { PlainPolicy } from './plain-policy.ts';

/**
 * What nearly everyone does: a sandbox is kept so long after its last use (OpenWhisk and early AWS Lambda: ten minutes); Infinity
 * keeps it until its memory is needed, which is LRU. Where memory is short, the longest unused goes first.
 */
export class FixedKeep extends PlainPolicy {
  readonly name: string;
  readonly #keepMs: number;

  constructor(name: string, keepMs: number, perSandbox: number) {
    super(perSandbox);
    this.name = name;
    this.#keepMs = keepMs;
  }

  arrived(): void {
    // It learns nothing.
  }

  override reconcile(of: number, now: number): number {
    if (this.#keepMs === Infinity) return Infinity;
    let next = Infinity;
    for (const sandbox of [...this.machine.free(of)]) {
      if (sandbox.active > 0) continue;
      const until = sandbox.idleSince + this.#keepMs;
      if (now >= until) this.machine.end(sandbox);
      else next = Math.min(next, until);
    }
    return next;
  }
}
