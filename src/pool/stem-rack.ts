import { randomBytes } from 'node:crypto';
import { asLamError } from '../errors/index.ts';
import { Ewma, type Clock, type MonotonicMs } from '../kit/index.ts';
import type { EndReason } from '../observer/index.ts';
import type { SandboxDriver, SandboxSpec } from '../driver/sandbox.ts';
import { STUCK_MS, type Capacity } from './capacity.ts';
import type { OnPhase } from './group.ts';
import { stemsWanted } from './policy/index.ts';
import { Stem } from './stem.ts';

/** How long after something changed the rack is looked at, ms: what a person waits for goes first. */
const REFILL_MS = 50;
/** What making a stem a function's is taken to cost before it was measured, ms. */
const FIRST_BIND_MS = 5;

export interface StemRackOptions {
  readonly driver: SandboxDriver;
  readonly clock: Clock;
  readonly capacity: Capacity;
  readonly onPhase: OnPhase | undefined;
  /** Whether requests wait or sandboxes boot: then no stem is made. */
  readonly isBusy: () => boolean;
  /** A stem ended and its memory is free. */
  readonly onFreed: () => void;
  /** Told once, in a sentence, when stems of a kind can't be made. */
  readonly onTrouble: (what: string) => void;
}

/** All stems that can serve the same functions. */
interface Kind {
  readonly key: string;
  /** What its stems are made from, but for the id. */
  readonly spec: Omit<SandboxSpec, 'id'>;
  readonly stems: Set<Stem>;
  /** When a function of this kind was last deployed or a stem of it was last asked for. */
  lastUsedAt: MonotonicMs;
  /** When stems were asked for of late. */
  readonly acquiredAt: MonotonicMs[];
  /** Failures in a row, and when the last one was. */
  failures: number;
  failedAt: MonotonicMs;
}

/** Most askings that are remembered; more than the policy will ever answer with. */
const MOST_TAKEN = 16;

/**
 * Stems: sandboxes booted ahead of any function, so that a cold start costs the loading of its code only. One that is
 * taken serves that function for the rest of its life. Filled up in quiet moments.
 */
export class StemRack {
  readonly #options: StemRackOptions;
  readonly #kinds: Map<string, Kind> = new Map();
  /** Time from a stem's being taken to its function's being ready, ms. */
  readonly bindMs: Ewma = new Ewma(0.3);
  #cancelRefill: (() => void) | undefined;
  #refillAt: MonotonicMs = Infinity;
  #isClosed = false;

  constructor(options: StemRackOptions) {
    this.#options = options;
  }

  /** Functions of this kind exist: `spec` as for a sandbox of one of them. */
  announce(spec: SandboxSpec): void {
    const key = this.#options.driver.stemKey(spec);
    if (key === null || this.#isClosed) return;
    const now = this.#options.clock.monotonic();
    const kind = this.#kinds.get(key);
    if (kind === undefined) {
      const { id: _id, ...rest } = spec;
      const blank = { ...rest, artifact: null, environment: {}, functionName: '', version: 0 };
      this.#kinds.set(key, {
        key,
        spec: blank,
        stems: new Set(),
        lastUsedAt: now,
        acquiredAt: [],
        failures: 0,
        failedAt: 0,
      });
    } else kind.lastUsedAt = now;
    this.#refillSoon();
  }

  /** Memory may be free: to be looked at soon. */
  refillSoon(): void {
    if (this.#kinds.size > 0) this.#refillSoon();
  }

  /** Stems of this kind that wait for a function now. */
  readyFor(key: string | null): number {
    let ready = 0;
    for (const stem of (key === null ? undefined : this.#kinds.get(key))?.stems ?? [])
      if (stem.sandbox !== undefined) ready++;
    return ready;
  }

  /** All stems that wait for a function now. */
  get ready(): number {
    let ready = 0;
    for (const key of this.#kinds.keys()) ready += this.readyFor(key);
    return ready;
  }

  /**
   * A stem for a function of this kind: one that is ready, else the one that boots for the longest time and can be expected
   * to be there soon. It is the taker's from now on.
   */
  acquire(key: string | null): Stem | undefined {
    const kind = key === null ? undefined : this.#kinds.get(key);
    if (kind === undefined) return undefined;
    const now = this.#options.clock.monotonic();
    kind.lastUsedAt = now;
    kind.acquiredAt.push(now);
    if (kind.acquiredAt.length > MOST_TAKEN) kind.acquiredAt.shift();
    this.#refillSoon();
    let taken: Stem | undefined;
    for (const stem of kind.stems) {
      if (stem.sandbox !== undefined) {
        taken = stem;
        break;
      }
      if (kind.failures === 0 && now - stem.startedAt < STUCK_MS) taken ??= stem;
    }
    if (taken !== undefined) kind.stems.delete(taken);
    return taken;
  }

  /** The time a function's start through a stem takes, as far as is known, ms. */
  get expectedBindMs(): number {
    return this.bindMs.value ?? FIRST_BIND_MS;
  }

  /** A bound stem failed before init. */
  bindFailed(key: string | null, reason: unknown): void {
    const kind = key === null ? undefined : this.#kinds.get(key);
    if (kind !== undefined) this.#failed(kind, reason);
  }

  /** Ends waiting stems, the least used kind first, until this much memory is on its way to be free, MiB. Returns how much that was. */
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

  /** Makes no more and ends all that wait. Those that boot end with the driver. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRefill?.();
    for (const kind of this.#kinds.values()) for (const stem of kind.stems) this.#end(kind, stem, 'closing');
  }

  #refillSoon(): void {
    this.#refillIn(REFILL_MS);
  }

  /** Looks at the rack in `ms`, or when it was to be looked at before that. */
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

  /** Brings every kind one stem nearer to what the policy wants. */
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
    const spec: SandboxSpec = { ...kind.spec, id: randomBytes(16).toString('hex') };
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
    // One that boots is ended when it has booted.
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
