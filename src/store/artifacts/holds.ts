import type { Digest, Manifest } from '../../contract/index.ts';
import type { Clock } from '../../kit/index.ts';
import { neededObjects } from './objects.ts';
import { RememberedFiles, Verified } from './sound-objects.ts';

/** Longest time from the plan of an upload to the version that uses it (ms). */
const EXPECTED_MS = 600_000;

/** An upload under way. */
interface Expectation {
  readonly until: number;
  readonly objects: ReadonlySet<string>;
  readonly verified: Verified;
}

/**
 * Artifacts that gc must keep although no version uses them: pinned ones, which are being published, and expected ones
 * with their objects, which a plan or an upload named less than ten minutes ago.
 */
export class Holds {
  readonly #clock: Clock;
  readonly #pins = new Map<Digest, number>();
  readonly #expected = new Map<Digest, Expectation>();
  readonly #remembered = new RememberedFiles();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Holds an artifact until the returned function is called; that is idempotent. */
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

  /**
   * Holds an artifact and its objects until {@link settle}, at most ten minutes. Returns which of its files were
   * compared with their digests during that time, or by an earlier upload and are unchanged.
   */
  expect(digest: Digest, manifest: Manifest): Verified {
    const verified = this.verified(digest);
    const until = this.#clock.monotonic() + EXPECTED_MS;
    this.#expected.set(digest, { until, objects: new Set(neededObjects(manifest).keys()), verified });
    return verified;
  }

  /** Returns the files of an artifact that were compared, as {@link expect} does. */
  verified(digest: Digest): Verified {
    return this.#expected.get(digest)?.verified ?? new Verified(this.#remembered);
  }

  /** Ends {@link expect}. */
  settle(digest: Digest): void {
    this.#expected.delete(digest);
  }

  /** Whether gc must keep an artifact. */
  has(digest: Digest): boolean {
    this.#expire();
    return this.#pins.has(digest) || this.#expected.has(digest);
  }

  /** Whether gc must keep an object. */
  hasObject(name: string): boolean {
    this.#expire();
    for (const { objects } of this.#expected.values()) if (objects.has(name)) return true;
    return false;
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    for (const [digest, { until }] of this.#expected) if (until < now) this.#expected.delete(digest);
  }
}
