import { lamError, type LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { FunctionConfig } from '../contract/index.ts';
import type { SandboxDriver, SandboxId } from '../driver/sandbox.ts';
import type { SessionHooks } from '../executor/session.ts';
import type { Runtime } from '../runtimes/index.ts';
import { refusalOf, refuseLongWaiting } from './admission.ts';
import { Capacity } from './capacity.ts';
import { specFor, stemSpecFor } from './environment.ts';
import { Group, type Waiter } from './group.ts';
import { Keeper } from './keeper.ts';
import { startsWanted, Traffic } from './policy/index.ts';
import type { PoolRevision } from './revision.ts';
import { SlotLife, type StartupCaches } from './slot-life.ts';
import type { Lease, Slot } from './slot.ts';
import { StemRack } from './stem-rack.ts';

export interface PoolOptions {
  readonly driver: SandboxDriver;
  readonly clock: Clock;
  /** Sum of the memory limits of all sandboxes, MiB. */
  readonly memoryBudgetMiB: number;
  readonly cores: number;
  /** Hooks of the session of a new sandbox. */
  readonly hooksFor: (revision: PoolRevision, id: SandboxId) => SessionHooks;
  readonly startupCaches?: StartupCaches;
  /** Whether unqualified requests run this version; asked when it is first used. */
  readonly isLive?: (revision: PoolRevision) => boolean;
  /** Told in a sentence what went wrong in the background. */
  readonly onTrouble?: (what: string) => void;
}

/** Sandboxes by what they do. */
export interface Counts {
  starting: number;
  idle: number;
  busy: number;
}

/** How often waiting requests are looked at again, ms. */
const TICK_MS = 10;
const SWEEP_MS = 1000;

/**
 * Decides which sandbox serves which invocation, within limits. One queue per version in arrival order, late binding:
 * a request takes whichever sandbox is free first. Newest-first reuse, so that the rest can expire.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #groups: Map<PoolRevision, Group> = new Map();
  /** By function, whatever the version. */
  readonly #traffic: Map<string, Traffic> = new Map();
  /** Dropped groups that still have sandboxes. */
  readonly #dropped: Set<Group> = new Set();
  /** Groups with a queue. */
  readonly #hungry: Set<Group> = new Set();
  readonly #capacity: Capacity;
  readonly #rack: StemRack;
  readonly #life: SlotLife;
  readonly #keeper: Keeper;
  readonly #stopSweep: () => void;
  #stopTick: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  /** While closing: called whenever a lease came back. */
  #onReturn: (() => void) | undefined;

  constructor(options: PoolOptions) {
    const { driver, clock, hooksFor, startupCaches } = options;
    this.#options = options;
    const capacity = new Capacity(options.memoryBudgetMiB, options.cores);
    this.#capacity = capacity;
    const onFreed = (): void => this.#pumpAll();
    this.#rack = new StemRack({
      driver,
      clock,
      capacity,
      isBusy: () => capacity.isBooting(clock.monotonic()) || this.#keeper.isPressed(this.#hungry),
      onFreed,
      onTrouble: (what) => options.onTrouble?.(`no sandbox could be booted ahead: ${what}`),
    });
    this.#life = new SlotLife({
      driver,
      clock,
      capacity,
      rack: this.#rack,
      startupCaches,
      hooksFor,
      onReady: (slot) => this.#offer(slot),
      onFailed: (slot, tell) => this.#failed(slot, tell),
      onFreed: () => {
        this.#rack.look();
        onFreed();
      },
      onGone: (slot) => this.#forget(slot.group),
    });
    this.#keeper = new Keeper({ clock, capacity, rack: this.#rack, life: this.#life });
    this.#stopSweep = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** A warm sandbox at once, or undefined. The hot path: no promise, no closure. `isLarge`: see {@link Waiter.isLarge}. */
  tryLease(revision: PoolRevision, isLarge = false): Lease | undefined {
    const group = this.#groups.get(revision);
    if (group === undefined || this.#closing !== undefined) return undefined;
    if (group.queue.size > 0) return undefined;
    const slot = group.find(isLarge);
    if (slot === undefined) return undefined;
    group.traffic.arrived(this.#options.clock.monotonic());
    slot.take();
    return slot;
  }

  /**
   * Queues a request that {@link Pool.tryLease} had nothing for. `waiter` is told of a sandbox as soon as there is one, or why
   * there is none, which may be before this returns: `LAM_POOL_THROTTLED` when the queue is full, `LAM_POOL_MEMORY` when the
   * function can never fit, `LAM_POOL_MEMORY_TAKEN` when others held all memory for too long, `LAM_POOL_CLOSED`, or the driver's
   * error. The function that is returned takes it out again: true when it still waited, and then it is told nothing.
   */
  enqueue(revision: PoolRevision, waiter: Waiter): () => boolean {
    const refused = this.#closing === undefined ? this.#refusal(revision) : lamError('LAM_POOL_CLOSED', {});
    if (refused !== undefined) {
      waiter.reject(refused);
      return () => false;
    }
    const group = this.#group(revision);
    waiter.since = this.#options.clock.monotonic();
    group.traffic.arrived(waiter.since);
    const withdraw = group.queue.push(waiter);
    this.#hungry.add(group);
    this.#stopTick ??= this.#options.clock.every(TICK_MS, () => this.#tick());
    this.#pump(group);
    return withdraw;
  }

  /**
   * Gives a lease back. `usable` false ends the sandbox: its state is unknown.
   * @param serviceMs how long the invocation ran; undefined when it did not, because it was sent ahead and taken back
   */
  release(lease: Lease, usable: boolean, serviceMs: number | undefined): void {
    const slot = lease as Slot;
    const { group } = slot;
    if (slot.inFlight === 0) return;
    slot.inFlight--;
    group.inFlight--;
    if (serviceMs === undefined) group.recalled();
    else group.served(serviceMs);
    // Where several run at once nothing waits in a sandbox that takes work: one that did not start it takes none any more.
    const isRefused = serviceMs === undefined && group.concurrency > 1;
    if (slot.state === 'busy') this.#returned(slot, usable && !isRefused);
    // Condemned while others ran in it: the last one out closes the door.
    else if (slot.state === 'stopping' && slot.inFlight === 0) this.#life.destroy(slot);
    if (group.queue.size > 0) this.#pump(group);
    this.#onReturn?.();
  }

  #returned(slot: Slot, usable: boolean): void {
    const { group } = slot;
    const unwanted = group.dropped || this.#closing !== undefined;
    if (slot.exit !== undefined || (!usable && group.concurrency === 1) || (unwanted && slot.inFlight === 0)) {
      this.#life.end(slot);
    } else if (!usable) {
      this.#life.condemn(slot);
      if (slot.inFlight === 0) this.#life.destroy(slot);
    } else if (slot.inFlight > 0) {
      while (group.hasRoom(slot) && this.#serveNext(slot));
    } else {
      slot.step('release');
      this.#offer(slot);
    }
  }

  /** Functions of this kind are deployed: stems are booted for them. */
  announce(config: FunctionConfig, runtime: Runtime): void {
    if (this.#closing === undefined) this.#rack.announce(stemSpecFor(config, runtime));
  }

  /** The function's live pointer leads to this version now: its kind of sandbox is booted ahead, and as many are kept warm as it asks for. */
  setLive(revision: PoolRevision): void {
    if (this.#closing !== undefined) return;
    const { functionName, config, runtime } = revision;
    for (const group of this.#groups.values()) if (group.isOf(functionName, undefined)) group.isLive = false;
    this.announce(config, runtime);
    // Nothing is kept of a function nobody has called yet: there may be thousands.
    if (!this.#traffic.has(functionName) && config.minWarm === 0) return;
    const group = this.#group(revision);
    group.isLive = true;
    group.retiredSince = undefined;
    this.#keeper.tend(group, this.#keeper.isPressed(this.#hungry));
  }

  /** No pointer leads to this version any more (or again one does): its idle sandboxes expire sooner. */
  setRetired(functionName: string, version: number, retired: boolean): void {
    const since = retired ? this.#options.clock.monotonic() : undefined;
    for (const group of this.#groups.values()) if (group.isOf(functionName, version)) group.retiredSince = since;
  }

  /**
   * Ends what is idle or starting and refuses what waits with `error`; what runs may finish. For a deleted function, or one
   * deleted version of it.
   */
  drop(functionName: string, version: number | undefined, error: LamError): void {
    if (version === undefined) this.#traffic.delete(functionName);
    for (const [revision, group] of this.#groups) {
      if (!group.isOf(functionName, version)) continue;
      this.#groups.delete(revision);
      group.dropped = true;
      if (group.slots.size > 0) this.#dropped.add(group);
      this.#refuseAll(group, error);
      this.#endFree(group);
    }
  }

  /** Sandboxes of one version, of one function, or of all. */
  counts(functionName?: string, version?: number): Counts {
    const sum: Counts = { starting: 0, idle: 0, busy: 0 };
    for (const group of this.#allGroups()) {
      if (!group.isOf(functionName, version)) continue;
      sum.starting += group.starting;
      sum.idle += group.idle.length;
      sum.busy += group.busy;
    }
    return sum;
  }

  /** Memory limits of all sandboxes that there are, and what they may come to, MiB. */
  get memory(): { readonly usedMiB: number; readonly budgetMiB: number } {
    return { usedMiB: this.#capacity.usedMiB, budgetMiB: this.#capacity.memoryBudgetMiB };
  }

  /** Sandboxes booted ahead that wait for a function. */
  get stems(): number {
    return this.#rack.ready;
  }

  /** Refuses new work, lets what runs finish for at most `graceMs`, then ends every sandbox. Idempotent. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.#stopSweep();
    this.#stopTick?.();
    this.#rack.close();
    for (const group of this.#allGroups()) {
      this.#refuseAll(group, lamError('LAM_POOL_CLOSED', {}));
      this.#endFree(group);
    }
    await this.#allReturned(graceMs);
    for (const group of this.#allGroups()) for (const slot of group.slots) this.#life.end(slot);
    await this.#options.driver.close();
  }

  /** Resolves when no lease is out, or after `graceMs`. */
  #allReturned(graceMs: number): Promise<void> {
    const isOut = (): boolean => [...this.#allGroups()].some((group) => group.inFlight > 0);
    if (graceMs <= 0 || !isOut()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(graceMs, resolve);
      this.#onReturn = () => {
        if (isOut()) return;
        cancel();
        resolve();
      };
    });
  }

  *#allGroups(): Generator<Group> {
    yield* this.#groups.values();
    yield* this.#dropped;
  }

  #group(revision: PoolRevision): Group {
    let group = this.#groups.get(revision);
    if (group === undefined) {
      const { driver, clock } = this.#options;
      const { functionName } = revision;
      let traffic = this.#traffic.get(functionName);
      if (traffic === undefined) this.#traffic.set(functionName, (traffic = new Traffic()));
      group = new Group(revision, driver.stemKey(specFor(revision, '', new Date(clock.now()))), traffic);
      group.isLive = this.#options.isLive?.(revision) ?? true;
      this.#groups.set(revision, group);
    }
    return group;
  }

  #refusal(revision: PoolRevision): LamError | undefined {
    return refusalOf(revision, { group: this.#groups.get(revision), budgetMiB: this.#options.memoryBudgetMiB });
  }

  #refuseAll(group: Group, error: LamError): void {
    this.#hungry.delete(group);
    for (const waiter of group.queue.drain()) waiter.reject(error);
  }

  /** A sandbox is free: the oldest requests take it, else it rests. */
  #offer(slot: Slot): void {
    const { group } = slot;
    if (!group.hasRoom(slot) || !this.#serveNext(slot)) this.#keeper.rest(slot);
    else while (group.concurrency > 1 && group.hasRoom(slot) && this.#serveNext(slot));
  }

  /** The oldest request gets this sandbox. */
  #serveNext(slot: Slot): boolean {
    const { group } = slot;
    const waiter = group.queue.shift();
    if (waiter === undefined) return false;
    if (group.queue.size === 0) this.#hungry.delete(group);
    slot.take();
    waiter.resolve(slot);
    return true;
  }

  #tick(): void {
    this.#pumpAll();
    if (this.#hungry.size > 0) return;
    this.#stopTick?.();
    this.#stopTick = undefined;
  }

  /** Looks at every queue; the one whose head waits longest is asked first. */
  #pumpAll(): void {
    if (this.#hungry.size === 0) return;
    const since = (group: Group): number => group.queue.peek()?.since ?? 0;
    for (const group of [...this.#hungry].toSorted((a, b) => since(a) - since(b))) this.#pump(group);
  }

  /** Gives a group's queue the room there is, and starts what the policy wants for the rest. */
  #pump(group: Group): void {
    // Where several run in a sandbox, one that ends may make room in another.
    while (group.concurrency > 1 && group.queue.size > 0) {
      const slot = group.find();
      if (slot === undefined || !this.#serveNext(slot)) break;
    }
    const oldest = group.queue.peek();
    if (oldest === undefined) {
      this.#hungry.delete(group);
      return;
    }
    const now = this.#options.clock.monotonic();
    const stemReady = this.#rack.readyFor(group.stemKey);
    const wanted = startsWanted({
      waiting: group.queue.size,
      oldestWaitMs: now - oldest.since,
      busy: group.busy,
      starting: group.starting,
      serviceMs: group.service.value,
      coldMs: group.coldMs,
      room: group.room,
      bootRoom: this.#capacity.bootRoom(now),
      cores: this.#options.cores,
      concurrency: group.concurrency,
      stemReady,
      stemMs: this.#rack.expectedBindMs,
    });
    for (let i = 0; i < wanted; i++) {
      if (!this.#keeper.makeRoom(group, this.#groups.values(), now)) {
        refuseLongWaiting(group, this.#options.memoryBudgetMiB, now);
        if (group.queue.size === 0) this.#hungry.delete(group);
        return;
      }
      this.#life.start(group, now, true);
    }
  }

  /** Tells all who wait, but only the first while others of its version run: those may yet serve the rest. */
  #failed(slot: Slot, tell: ((waiter: Waiter) => void) | undefined): void {
    const { group } = slot;
    if (!slot.wasAskedFor) this.#keeper.failed(group);
    if (tell === undefined) this.#pump(group);
    else if (group.busy === 0) {
      this.#hungry.delete(group);
      for (const waiter of group.queue.drain()) tell(waiter);
    } else {
      const first = group.queue.shift();
      if (first !== undefined) tell(first);
    }
  }

  #endFree(group: Group): void {
    for (const slot of group.slots) if (slot.inFlight === 0) this.#life.end(slot);
  }

  #forget(group: Group): void {
    if (group.slots.size > 0) return;
    this.#dropped.delete(group);
    const forgettable = group.retiredSince !== undefined && group.queue.size === 0;
    if (forgettable && this.#groups.get(group.revision) === group) this.#groups.delete(group.revision);
  }

  #sweep(): void {
    this.#keeper.weigh();
    const isPressed = this.#keeper.isPressed(this.#hungry);
    for (const group of this.#groups.values()) this.#keeper.tend(group, isPressed);
  }
}
