import type { Digest, Manifest } from '../../contract/index.ts';
import type { Clock } from '../../kit/index.ts';
import { neededObjects } from './objects.ts';

/** How long an upload may take from its plan to the version that uses it, milliseconds. */
const AWAITED_MS = 600_000;

/**
 * What gc must leave alone although no version uses it: artifacts being published, and artifacts (with the objects
 * they are made of) that a client was just told the store has or takes.
 */
export class Holds {
  readonly #clock: Clock;
  readonly #pins = new Map<Digest, number>();
  readonly #awaited = new Map<Digest, { readonly until: number; readonly objects: ReadonlySet<string> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Holds an artifact until the returned function is called. */
  pin(digest: Digest): () => void {
    this.#pins.set(digest, (this.#pins.get(digest) ?? 0) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (this.#pins.get(digest) ?? 1) - 1;
      if (left === 0) this.#pins.delete(digest);
      else this.#pins.set(digest, left);
    };
  }

  /** Holds an artifact and its objects for a while, until {@link settle}. */
  expect(digest: Digest, manifest: Manifest): void {
    this.#awaited.set(digest, {
      until: this.#clock.monotonic() + AWAITED_MS,
      objects: new Set(neededObjects(manifest).keys()),
    });
  }

  /** A version uses the artifact now, or never will. */
  settle(digest: Digest): void {
    this.#awaited.delete(digest);
  }

  has(digest: Digest): boolean {
    this.#expire();
    return this.#pins.has(digest) || this.#awaited.has(digest);
  }

  hasObject(name: string): boolean {
    this.#expire();
    for (const { objects } of this.#awaited.values()) if (objects.has(name)) return true;
    return false;
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    for (const [digest, { until }] of this.#awaited) if (until < now) this.#awaited.delete(digest);
  }
}
