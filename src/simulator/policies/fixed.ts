import { PlainPolicy } from './plain-policy.ts';

/**
 * The usual policy: a fixed keep-alive after the last use (OpenWhisk and early AWS Lambda: ten minutes); Infinity keeps
 * a sandbox until it is evicted, which is LRU. When memory is short, the least recently used is evicted.
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
    // Keeps no statistics.
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
