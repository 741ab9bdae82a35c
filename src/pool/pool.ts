import {
  type Digest,
  type FunctionConfig,
  type SandboxId,
  type FunctionName,
  type VersionNumber,
} from '../contract/index.ts';
import type { SandboxDriver } from '../driver/sandbox.ts';
import { lamError, type LamError } from '../errors/index.ts';
import type { SessionHooks } from '../executor/session.ts';
import type { Clock, EpochMs } from '../kit/index.ts';
import type { EndReason, Observers } from '../observer/index.ts';
import type { Runtime } from '../runtimes/index.ts';
import type { Acquisition, InitFailure, Waiter } from './acquisition.ts';
import { refusalOf } from './admission.ts';
import { ArchiveRecorder } from './archives.ts';
import { Capacity } from './capacity.ts';
import { Dispatcher } from './dispatcher.ts';
import { stemSpecFor } from './environment.ts';
import { Group, type OnPhase, type Slot } from './group.ts';
import { Groups } from './groups.ts';
import { Keeper } from './keeper.ts';
import { KnownArrivals } from './known-arrivals.ts';
import type { Traffic } from './policy/index.ts';
import { occupiedOf, type Occupied } from './occupied.ts';
import { takeWarm } from './reuse.ts';
import type { PoolRevision } from './revision.ts';
import { SlotLife, type CallRightSource, type StartFailure, type StartupCacheSource } from './slot-life.ts';
import { StemRack } from './stem-rack.ts';
import { VacatedPlaces } from './vacated-places.ts';
import { verifyInQueue } from './verify.ts';

export interface PoolOptions {
  readonly driver: SandboxDriver;
  readonly clock: Clock;
  /** Bound of the memory limits of all sandboxes together, MiB. */
  readonly memoryBudgetMiB: number;
  readonly cores: number;
  /** Hooks of the session of a new sandbox. */
  readonly hooksFor: (revision: PoolRevision, id: SandboxId) => SessionHooks;
  readonly startupCaches?: StartupCacheSource;
  /** Gives sandboxes the right to call functions; absent: they cannot. */
  readonly callRights?: CallRightSource;
  /** Whether unqualified requests run this version; asked when it is first used. */
  readonly isLive?: (revision: PoolRevision) => boolean;
  /** Observers of the phases of sandboxes and stems. */
  readonly observers?: Observers | undefined;
  /** Called with one sentence per failure in the background. */
  readonly onTrouble?: (what: string) => void;
}

/** Number of sandboxes by what they do. */
export interface Counts {
  starting: number;
  idle: number;
  busy: number;
}

/** Interval at which idle sandboxes are reconciled with the policy (ms). */
const SWEEP_MS = 1000;

/** Decides which sandbox serves which invocation, within limits. Not re-entrant: its callbacks may not call it. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #groups: Groups;
  readonly #capacity: Capacity;
  readonly #rack: StemRack;
  readonly #life: SlotLife;
  readonly #archives: ArchiveRecorder;
  readonly #keeper: Keeper;
  readonly #dispatcher: Dispatcher;
  readonly #known: KnownArrivals;
  readonly #places: VacatedPlaces;
  readonly #stopSweep: () => void;
  readonly #onPhase: OnPhase | undefined;
  #closing: Promise<void> | undefined;
  /** Set while closing: called after each release. */
  #onRelease: (() => void) | undefined;

  constructor(options: PoolOptions) {
    const { driver, clock, hooksFor, startupCaches, cores, observers } = options;
    this.#options = options;
    this.#onPhase = observers && ((sandbox, phase) => observers.sandbox(sandbox, phase, clock.now()));
    this.#known = new KnownArrivals(clock);
    const places = new VacatedPlaces(clock);
    this.#places = places;
    const capacity = new Capacity(options.memoryBudgetMiB, cores);
    this.#capacity = capacity;
    const groups = new Groups((revision, traffic) => this.#newGroup(revision, traffic));
    this.#groups = groups;
    const rack = new StemRack({
      driver,
      clock,
      capacity,
      onPhase: this.#onPhase,
      isBusy: () => capacity.isBooting(clock.monotonic()) || this.#isUnderPressure,
      onFreed: () => this.#dispatcher.pumpAll(),
      onTrouble: (what) => options.onTrouble?.(`no sandbox could be booted ahead: ${what}`),
    });
    this.#rack = rack;
    const life = new SlotLife({
      driver,
      clock,
      capacity,
      rack,
      places,
      startupCaches,
      callRights: options.callRights,
      hooksFor,
      onReady: (slot) => this.#dispatcher.offer(slot),
      onArchiveLacking: (revision) => this.#archives.request(revision),
      onFailed: (slot, failure) => this.#failed(slot, failure),
      onFreed: () => {
        rack.refillSoon();
        this.#dispatcher.pumpAll();
      },
      onGone: (slot) => groups.forgetEmpty(slot.group),
    });
    this.#life = life;
    this.#archives = new ArchiveRecorder({ driver, clock, capacity, onFreed: () => this.#dispatcher.pumpAll() });
    const keeper = new Keeper({ clock, capacity, rack, life });
    this.#keeper = keeper;
    this.#dispatcher = new Dispatcher({ clock, cores, groups, capacity, rack, life, keeper });
    this.#stopSweep = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /**
   * Acquires a warm sandbox at once, or returns undefined. The hot path: no promise, no closure. `isLarge`: see
   * {@link Waiter.isLarge}.
   */
  acquire(revision: PoolRevision, isLarge = false): Acquisition | undefined {
    const group = this.#groups.get(revision);
    if (group === undefined || this.#closing !== undefined) return undefined;
    if (group.queue.size > 0) return undefined;
    const slot = takeWarm(group, isLarge);
    if (slot === undefined) return undefined;
    group.traffic.arrived(this.#options.clock.monotonic());
    slot.acquire();
    return slot;
  }

  /**
   * Queues a request for which {@link Pool.acquire} returned nothing. Resolves `waiter` with a sandbox as soon as one
   * is free, or rejects it with `LAM_POOL_THROTTLED` when the queue is full, `LAM_POOL_MEMORY` when the function can
   * never fit, `LAM_POOL_MEMORY_TAKEN` when other functions held all memory for too long, `LAM_POOL_CLOSED`, or the
   * driver's error. Returns undefined if it was rejected at once; else a function that removes it from the queue and
   * returns whether it was still queued, in which case `waiter` is not called.
   */
  enqueue(revision: PoolRevision, waiter: Waiter): (() => boolean) | undefined {
    const refusal = this.#closing === undefined ? this.#refusal(revision) : lamError('LAM_POOL_CLOSED', {});
    if (refusal === undefined) return this.#dispatcher.enqueue(this.#groups.ensure(revision), waiter);
    waiter.reject(refusal);
    return undefined;
  }

  /**
   * Resolves to undefined once a sandbox of this version has loaded its code, at once if one has since the daemon
   * started; else to the failure of its init. The sandbox stays warm. Rejects as {@link Pool.enqueue} does, and with
   * `LAM_POOL_CANCELLED` when `signal` aborts.
   */
  async verify(revision: PoolRevision, signal?: AbortSignal): Promise<InitFailure | undefined> {
    if (this.#life.hasLoaded(revision)) return undefined;
    return verifyInQueue((waiter) => this.enqueue(revision, waiter), revision, signal);
  }

  /**
   * Ends one invocation's use of a sandbox. `usable` false ends the sandbox: its state is unknown.
   * @param serviceMs how long the invocation ran; undefined when it was sent ahead and returned unstarted
   */
  release(acquired: Acquisition, usable: boolean, serviceMs: number | undefined): void {
    const slot = acquired as Slot;
    const { group } = slot;
    if (!slot.release()) return;
    if (serviceMs === undefined) group.recalled();
    else group.served(serviceMs);
    // Where several run at once nothing is sent ahead: a sandbox that did not start one takes no more work.
    const isRefused = serviceMs === undefined && group.concurrency > 1;
    if (slot.state === 'busy') this.#released(slot, usable && !isRefused);
    // Drained while others ran in it: the last release ends it.
    else if (slot.state === 'draining' && slot.inFlight === 0) this.#life.destroy(slot);
    if (group.queue.size > 0) this.#dispatcher.pump(group);
    this.#onRelease?.();
  }

  #released(slot: Slot, usable: boolean): void {
    const { group } = slot;
    const isUnwanted = group.dropped || this.#closing !== undefined;
    if (slot.exit !== undefined || (!usable && group.concurrency === 1) || (isUnwanted && slot.inFlight === 0)) {
      const reason = this.#endReason(slot, usable);
      if (isUnwanted) this.#life.end(slot, reason);
      else this.#life.vacate(slot, reason);
    } else if (!usable) {
      this.#life.drain(slot, 'unusable');
      if (slot.inFlight === 0) this.#life.destroy(slot);
    } else if (slot.inFlight > 0) {
      this.#dispatcher.fill(slot);
    } else {
      slot.step('release');
      this.#dispatcher.offer(slot);
    }
  }

  #endReason(slot: Slot, usable: boolean): EndReason {
    if (slot.exit !== undefined) return 'exited';
    if (!usable) return 'unusable';
    return slot.group.dropped ? 'deleted' : 'closing';
  }

  /** Announces deployed functions of this kind, so that stems are booted for them. */
  announce(config: FunctionConfig, runtime: Runtime): void {
    if (this.#closing === undefined) this.#rack.announce(stemSpecFor(config, runtime));
  }

  /**
   * Announces that the function's live pointer moved to this version: boots stems of its kind and provisions its
   * `provisionedConcurrency` sandboxes.
   */
  setLive(revision: PoolRevision): void {
    if (this.#closing !== undefined) return;
    const { functionName, config, runtime } = revision;
    for (const group of this.#groups) if (group.isOf(functionName, undefined)) group.isLive = false;
    this.announce(config, runtime);
    this.#known.moveTo(revision);
    if (!this.#groups.knows(functionName) && config.provisionedConcurrency === 0) return;
    const group = this.#groups.ensure(revision);
    group.isLive = true;
    group.retiredSince = undefined;
    this.#keeper.reconcile(group, this.#isUnderPressure, this.#known.next(revision));
  }

  /** Keeps so many sandboxes of this version warm, live or not, as memory allows; 0 ends that. */
  setProvisioned(revision: PoolRevision, count: number): void {
    if (this.#closing !== undefined) return;
    const group = count === 0 ? this.#groups.get(revision) : this.#groups.ensure(revision);
    if (group === undefined) return;
    group.provisioned = count;
    this.#keeper.reconcile(group, this.#isUnderPressure);
  }

  /**
   * Announces a call of the live version at `at`: a sandbox is booted or kept so that it is warm by then, unless queued
   * requests need the memory or the function sets an idle time-out. Follows the live pointer; dropped some seconds
   * after `at`, and when the version is deleted or no longer live.
   */
  expect(revision: PoolRevision, at: EpochMs): void {
    if (this.#closing === undefined) this.#known.add(revision, at);
  }

  /** Records whether any pointer leads to this version; without one its idle sandboxes expire sooner. */
  setRetired(functionName: FunctionName, version: VersionNumber, retired: boolean): void {
    const since = retired ? this.#options.clock.monotonic() : undefined;
    for (const group of this.#groups) if (group.isOf(functionName, version)) group.retiredSince = since;
  }

  /**
   * Ends the idle and starting sandboxes of a deleted function, or of one deleted version of it, and rejects its queue
   * with `error`; running invocations may finish.
   */
  drop(functionName: FunctionName, version: VersionNumber | undefined, error: LamError): void {
    this.#known.forget(functionName, version);
    this.#places.dropAll(functionName, version);
    for (const group of this.#groups.drop(functionName, version)) {
      this.#dispatcher.refuseAll(group, error);
      this.#endUnused(group, 'deleted');
    }
  }

  /**
   * Ends the sandboxes that may have loaded one of these artifacts, whose code was altered and is whole again: idle and
   * starting ones at once, others when their invocations have ended. Queued requests wait for new ones.
   */
  renew(artifacts: ReadonlySet<Digest>): void {
    for (const group of this.#groups.all()) {
      if (!artifacts.has(group.revision.artifact)) continue;
      for (const slot of group.slots) {
        if (slot.inFlight === 0) this.#life.end(slot, 'unusable');
        else this.#life.drain(slot, 'unusable');
      }
      this.#dispatcher.pump(group);
    }
  }

  /** Sandboxes of one version, of one function, or of all. */
  counts(functionName?: FunctionName, version?: VersionNumber): Counts {
    const sum: Counts = { starting: 0, idle: 0, busy: 0 };
    for (const group of this.#groups.all()) {
      if (!group.isOf(functionName, version)) continue;
      sum.starting += group.starting;
      sum.idle += group.idle.length;
      sum.busy += group.busy;
    }
    return sum;
  }

  /**
   * Returns the sandboxes that a queued request of this version waits for; undefined if another may start, or one is
   * about to be free.
   */
  waitedFor(revision: PoolRevision): readonly Occupied[] | undefined {
    const group = this.#groups.get(revision);
    return group === undefined ? undefined : occupiedOf(group);
  }

  /** Memory limits of all sandboxes together, and their bound, MiB. */
  get memory(): { readonly usedMiB: number; readonly budgetMiB: number } {
    return { usedMiB: this.#capacity.usedMiB, budgetMiB: this.#capacity.memoryBudgetMiB };
  }

  /** Number of stems that are ready to be bound. */
  get stems(): number {
    return this.#rack.ready;
  }

  /** Refuses new work, waits at most `graceMs` for running invocations, then ends every sandbox. Idempotent. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.#stopSweep();
    this.#dispatcher.close();
    this.#rack.close();
    for (const group of this.#groups.all()) {
      this.#dispatcher.refuseAll(group, lamError('LAM_POOL_CLOSED', {}));
      this.#endUnused(group, 'closing');
    }
    await this.#allReleased(graceMs);
    for (const group of this.#groups.all()) for (const slot of group.slots) this.#life.end(slot, 'closing');
    const recorded = this.#archives.close();
    await this.#places.free();
    await this.#options.driver.close();
    await Promise.all([this.#places.settled(), recorded]);
  }

  /** Resolves when nothing is in flight, or after `graceMs`. */
  #allReleased(graceMs: number): Promise<void> {
    const isInUse = (): boolean => [...this.#groups.all()].some((group) => group.inFlight > 0);
    if (graceMs <= 0 || !isInUse()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(graceMs, resolve);
      this.#onRelease = () => {
        if (isInUse()) return;
        cancel();
        resolve();
      };
    });
  }

  #newGroup(revision: PoolRevision, traffic: Traffic): Group {
    const { driver, isLive } = this.#options;
    const stemKey = driver.stemKey(stemSpecFor(revision.config, revision.runtime));
    const group = new Group(revision, stemKey, traffic, this.#onPhase);
    group.isLive = isLive?.(revision) ?? true;
    return group;
  }

  #refusal(revision: PoolRevision): LamError | undefined {
    return refusalOf(revision, { group: this.#groups.get(revision), budgetMiB: this.#options.memoryBudgetMiB });
  }

  #failed(slot: Slot, failure: StartFailure): void {
    if (!slot.isOnDemand) this.#keeper.backOff(slot.group);
    this.#dispatcher.startFailed(slot, failure);
  }

  #endUnused(group: Group, reason: EndReason): void {
    for (const slot of group.slots) if (slot.inFlight === 0) this.#life.end(slot, reason);
  }

  get #isUnderPressure(): boolean {
    return this.#keeper.isUnderPressure(this.#dispatcher.queued);
  }

  #sweep(): void {
    this.#keeper.samplePrice();
    this.#ensureDue();
    const isUnderPressure = this.#isUnderPressure;
    for (const group of this.#groups) this.#keeper.reconcile(group, isUnderPressure, this.#known.next(group.revision));
  }

  /** Creates groups for functions about to be called for the first time, so that the keeper handles them. */
  #ensureDue(): void {
    const { isLive } = this.#options;
    for (const revision of this.#known.due((of) => this.#groups.get(of)?.coldMs ?? 0)) {
      const { functionName, version } = revision;
      const isStillLive = this.#groups.get(revision)?.isLive ?? isLive?.(revision) ?? true;
      if (isStillLive) this.#groups.ensure(revision);
      else this.#known.forget(functionName, version);
    }
  }
}
