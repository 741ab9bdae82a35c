import { asLamError } from '../errors/index.ts';
import { Ewma, type Clock, type MonotonicMs } from '../kit/index.ts';
import type { EndReason } from '../observer/index.ts';
import type { SandboxDriver, SandboxSpec } from '../driver/sandbox.ts';
import { STUCK_MS, type Capacity } from './capacity.ts';
import type { OnPhase } from './group.ts';
import { stemsWanted } from './policy/index.ts';
import { Stem } from './stem.ts';
import { newSandboxId } from '../contract/index.ts';

/** Delay of a refill after a change (ms), so that starts on demand go first. */
const REFILL_MS = 50;
/** Assumed time to bind a stem before it was measured (ms). */
const FIRST_BIND_MS = 5;

export interface StemRackOptions {
  readonly driver: SandboxDriver;
  readonly clock: Clock;
  readonly capacity: Capacity;
  readonly onPhase: OnPhase | undefined;
  /** Whether requests wait or sandboxes boot: then no stem is booted. */
  readonly isBusy: () => boolean;
  /** A stem ended and its memory is free. */
  readonly onFreed: () => void;
  /** Called with one sentence on the first of consecutive failures of a kind. */
  readonly onTrouble: (what: string) => void;
}

/** The stems that can serve the same functions. */
interface Kind {
  readonly key: string;
  /** Spec of its stems, but for the id. */
  readonly spec: Omit<SandboxSpec, 'id'>;
  readonly stems: Set<Stem>;
  /** When a function of this kind was last deployed or a stem of it was last requested. */
  lastUsedAt: MonotonicMs;
  /** Times of the last requests for a stem, whether there was one or not. */
  readonly acquiredAt: MonotonicMs[];
  /** Number of consecutive failures, and the time of the last. */
  failures: number;
  failedAt: MonotonicMs;
}

/** Maximum of request times kept; above the largest number of stems that the policy returns. */
const MOST_ACQUIRED = 16;

/**
 * Stems: sandboxes booted ahead of any function, so that a cold start costs no more than loading its code. An acquired
 * stem serves one function for the rest of its life. Refilled when nothing boots on demand.
 */
export class StemRack {
  readonly #options: StemRackOptions;
  readonly #kinds: Map<string, Kind> = new Map();
  /** Time from the acquisition of a stem until its function is ready (ms). */
  readonly bindMs: Ewma = new Ewma(0.3);
  #cancelRefill: (() => void) | undefined;
  #refillAt: MonotonicMs = Infinity;
  #isClosed = false;

  constructor(options: StemRackOptions) {
    this.#options = options;
  }

  /** Registers the kind of a function; `spec`: that of a sandbox of the function. */
  announce(spec: Omit<SandboxSpec, 'id'>): void {
    const key = this.#options.driver.stemKey(spec);
    if (key === null || this.#isClosed) return;
    const now = this.#options.clock.monotonic();
    const kind = this.#kinds.get(key);
    if (kind === undefined) {
      this.#kinds.set(key, {
        key,
        spec: { ...spec, artifact: null, environment: {}, functionName: '', version: null },
        stems: new Set(),
        lastUsedAt: now,
        acquiredAt: [],
        failures: 0,
        failedAt: 0,
      });
    } else kind.lastUsedAt = now;
    this.#refillSoon();
  }

  /** Schedules a refill; called when memory may be free. */
  refillSoon(): void {
    if (this.#kinds.size > 0) this.#refillSoon();
  }

  /** Number of ready stems of this kind. */
  readyFor(key: string | null): number {
    let ready = 0;
    for (const stem of (key === null ? undefined : this.#kinds.get(key))?.stems ?? [])
      if (stem.sandbox !== undefined) ready++;
    return ready;
  }

  /** Number of ready stems. */
  get ready(): number {
    let ready = 0;
    for (const key of this.#kinds.keys()) ready += this.readyFor(key);
    return ready;
  }

  /**
   * Removes and returns a stem of this kind: a ready one, else the one that has booted longest and is not stuck. Its
   * accounting passes to the caller.
   */
  acquire(key: string | null): Stem | undefined {
    const kind = key === null ? undefined : this.#kinds.get(key);
    if (kind === undefined) return undefined;
    const now = this.#options.clock.monotonic();
    kind.lastUsedAt = now;
    kind.acquiredAt.push(now);
    if (kind.acquiredAt.length > MOST_ACQUIRED) kind.acquiredAt.shift();
    this.#refillSoon();
    let acquired: Stem | undefined;
    for (const stem of kind.stems) {
      if (stem.sandbox !== undefined) {
        acquired = stem;
        break;
      }
      if (kind.failures === 0 && now - stem.startedAt < STUCK_MS) acquired ??= stem;
    }
    if (acquired !== undefined) kind.stems.delete(acquired);
    return acquired;
  }

  /** Expected duration of a start through a stem (ms). */
  get expectedBindMs(): number {
    return this.bindMs.value ?? FIRST_BIND_MS;
  }

  /** A bound stem failed before init. */
  bindFailed(key: string | null, reason: unknown): void {
    const kind = key === null ? undefined : this.#kinds.get(key);
    if (kind !== undefined) this.#failed(kind, reason);
  }

  /**
   * Ends ready stems, least recently used kind first, until `neededMiB` will be free. Returns how much will be free
   * (MiB).
   */
  evict(neededMiB: number): number {
    let freed = 0;
    for (const kind of [...this.#kinds.values()].toSorted((a, b) => a.lastUsedAt - b.lastUsedAt)) {
      for (const stem of kind.stems) {
        if (freed >= neededMiB) return freed;
        if (stem.sandbox === undefined) continue;
        freed += stem.memoryMiB;
        this.#end(kind, stem, 'evicted');
      }
    }
    return freed;
  }

  /** Boots no more stems and ends the ready ones. Booting ones end when the driver closes. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRefill?.();
    for (const kind of this.#kinds.values()) for (const stem of kind.stems) this.#end(kind, stem, 'closing');
  }

  #refillSoon(): void {
    this.#refillIn(REFILL_MS);
  }

  /** Refills in `ms`, unless a refill comes before. */
  #refillIn(ms: number): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const at = clock.monotonic() + ms;
    if (this.#refillAt <= at) return;
    this.#cancelRefill?.();
    this.#refillAt = at;
    this.#cancelRefill = clock.after(ms, () => {
      this.#refillAt = Infinity;
      this.#refill();
    });
  }

  /** Moves each kind one stem towards the number that the policy decides. */
  #refill(): void {
    if (this.#isClosed || this.#kinds.size === 0) return;
    const { capacity, clock, isBusy } = this.#options;
    if (isBusy()) {
      this.#refillSoon();
      return;
    }
    const now = clock.monotonic();
    const kinds = [...this.#kinds.values()].toSorted((a, b) => b.lastUsedAt - a.lastUsedAt);
    const plan = stemsWanted(
      kinds.map((kind) => ({
        lastUsedAt: kind.lastUsedAt,
        acquiredAt: kind.acquiredAt,
        memoryMiB: kind.spec.limits.memoryMiB,
        failures: kind.failures,
        failedAt: kind.failedAt,
      })),
      { now, usedMiB: capacity.usedMiB - this.#heldMiB(), budgetMiB: capacity.memoryBudgetMiB },
    );
    for (const [at, kind] of kinds.entries()) {
      const wanted = plan.wanted[at] ?? 0;
      for (const stem of [...kind.stems].slice(wanted))
        if (stem.sandbox !== undefined) this.#end(kind, stem, 'surplus');
      if (kind.stems.size < wanted && capacity.bootSlots(now) > 0 && capacity.fits(kind.spec.limits.memoryMiB))
        this.#start(kind, now);
    }
    if (plan.recheckInMs !== undefined) this.#refillIn(Math.max(plan.recheckInMs, REFILL_MS));
  }

  #heldMiB(): number {
    let held = 0;
    for (const kind of this.#kinds.values()) held += kind.stems.size * kind.spec.limits.memoryMiB;
    return held;
  }

  #start(kind: Kind, now: MonotonicMs): void {
    const { driver, capacity, onPhase } = this.#options;
    const spec: SandboxSpec = { ...kind.spec, id: newSandboxId() };
    const stem = new Stem(spec, now, (of, hooks) => driver.create(of, hooks));
    kind.stems.add(stem);
    capacity.started(stem);
    onPhase?.(stem, 'booting');
    stem.booted.then(
      (sandbox) => {
        // Acquired in the meantime; the new holder does the accounting.
        if (!kind.stems.has(stem)) return;
        capacity.booted(stem);
        onPhase?.(stem, 'booted');
        kind.failures = 0;
        void sandbox.exited.then(() => kind.stems.has(stem) && this.#end(kind, stem, 'exited'));
        if (this.#isClosed) this.#end(kind, stem, 'closing');
        else this.#refillSoon();
        this.#options.onFreed();
      },
      (thrown: unknown) => {
        if (!kind.stems.delete(stem)) return;
        capacity.gone(stem);
        stem.endReason = this.#isClosed ? 'closing' : 'boot-failed';
        onPhase?.(stem, 'draining');
        onPhase?.(stem, 'gone');
        this.#failed(kind, thrown);
        this.#options.onFreed();
      },
    );
  }

  #failed(kind: Kind, thrown: unknown): void {
    kind.failures++;
    kind.failedAt = this.#options.clock.monotonic();
    if (kind.failures === 1 && !this.#isClosed) this.#options.onTrouble(asLamError(thrown).message);
    this.#refillSoon();
  }

  #end(kind: Kind, stem: Stem, reason: EndReason): void {
    const { sandbox } = stem;
    // One that still boots is ended once it has booted.
    if (sandbox === undefined || !kind.stems.delete(stem)) return;
    const { capacity, clock, onFreed, onPhase } = this.#options;
    stem.endingSince = clock.monotonic();
    stem.endReason = reason;
    capacity.draining(stem);
    onPhase?.(stem, 'draining');
    const gone = (): void => {
      capacity.gone(stem);
      onPhase?.(stem, 'gone');
      this.#refillSoon();
      onFreed();
    };
    void sandbox.destroy().then(gone, gone);
  }
}
