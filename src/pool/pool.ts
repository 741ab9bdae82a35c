import { randomBytes } from 'node:crypto';
import { LIMITS } from '../contract/index.ts';
import { asLamError, lamError, type LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { SandboxDriver, SandboxId } from '../driver/sandbox.ts';
import type { ExitStatus, InitOutcome, SessionHooks } from '../executor/session.ts';
import { Capacity } from './capacity.ts';
import { initRequestFor, specFor } from './environment.ts';
import { isExpired, startsWanted } from './policy.ts';
import type { PoolRevision } from './revision.ts';
import { Group, Slot, type InitFailure, type Lease, type Waiter } from './slot.ts';

export interface PoolOptions {
  readonly driver: SandboxDriver;
  readonly clock: Clock;
  /** Sum of the memory limits of all sandboxes, MiB. */
  readonly memoryBudgetMiB: number;
  readonly cores: number;
  /** Hooks of the session of a new sandbox. */
  readonly hooksFor: (revision: PoolRevision, id: SandboxId) => SessionHooks;
}

/** Sandboxes by what they do. */
export interface Counts {
  starting: number;
  idle: number;
  busy: number;
}

/** What a start is taken to cost before one was measured, ms: a Node boot on a laptop. */
const FIRST_COLD_MS = 50;
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
  /** Dropped groups that still have sandboxes. */
  readonly #dropped: Set<Group> = new Set();
  /** Groups with a queue. */
  readonly #hungry: Set<Group> = new Set();
  readonly #capacity: Capacity;
  readonly #stopSweep: () => void;
  #stopTick: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  /** While closing: called whenever a lease came back. */
  #onReturn: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#capacity = new Capacity(options.memoryBudgetMiB, options.cores);
    this.#stopSweep = options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** A warm sandbox at once, or undefined. The hot path: no promise, no closure. */
  tryLease(revision: PoolRevision): Lease | undefined {
    const group = this.#groups.get(revision);
    if (group === undefined || group.queue.size > 0) return undefined;
    const slot = group.quickLane() ?? group.idle.pop() ?? group.leastLoaded();
    slot?.take();
    return slot;
  }

  /**
   * A sandbox as soon as there is one. Rejects with `LAM_POOL_THROTTLED` when the queue is full, with `LAM_POOL_MEMORY` when
   * the function can never fit, with the driver's error when a sandbox could not be made, and with `LAM_POOL_CANCELLED`
   * when `signal` aborts while it waits.
   */
  lease(revision: PoolRevision, signal?: AbortSignal): Promise<Lease | InitFailure> {
    const slot = this.tryLease(revision);
    if (slot !== undefined) return Promise.resolve(slot);
    const refused = this.#refusal(revision, signal);
    if (refused !== undefined) return Promise.reject(refused);
    const group = this.#group(revision);
    return new Promise((resolve, reject) => {
      group.enqueue({ since: this.#options.clock.monotonic(), resolve, reject }, signal);
      this.#hungry.add(group);
      this.#stopTick ??= this.#options.clock.every(TICK_MS, () => this.#tick());
      this.#pump(group);
    });
  }

  /**
   * Gives a lease back. `usable` false ends the sandbox: its state is unknown.
   * @param serviceMs how long the invocation ran; undefined when it did not, because it was sent ahead and taken back
   */
  release(lease: Lease, usable: boolean, serviceMs: number | undefined): void {
    const slot = lease as Slot;
    const { group } = slot;
    if (slot.state !== 'busy') return;
    slot.inFlight--;
    if (serviceMs === undefined) group.recalled();
    else group.served(serviceMs);
    const unwanted = group.dropped || this.#closing !== undefined;
    if (!usable || slot.exit !== undefined || (unwanted && slot.inFlight === 0)) {
      this.#end(slot);
    } else if (slot.inFlight > 0) {
      if (slot.inFlight < group.depth) this.#serveNext(slot);
    } else {
      slot.step('release');
      this.#offer(slot);
    }
    if (group.queue.size > 0) this.#pump(group);
    this.#onReturn?.();
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

  /** Refuses new work, lets what runs finish for at most `graceMs`, then ends every sandbox. Idempotent. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.#stopSweep();
    this.#stopTick?.();
    for (const group of this.#allGroups()) {
      this.#refuseAll(group, lamError('LAM_POOL_CLOSED', {}));
      this.#endFree(group);
    }
    await this.#returned(graceMs);
    for (const group of this.#allGroups()) for (const slot of group.slots) this.#end(slot);
    await this.#options.driver.close();
  }

  /** Resolves when no lease is out, or after `graceMs`. */
  #returned(graceMs: number): Promise<void> {
    if (graceMs <= 0 || this.counts().busy === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(graceMs, resolve);
      this.#onReturn = () => {
        if (this.counts().busy > 0) return;
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
      group = new Group(revision);
      this.#groups.set(revision, group);
    }
    return group;
  }

  /** Why a request may not wait, or undefined. */
  #refusal(revision: PoolRevision, signal: AbortSignal | undefined): LamError | undefined {
    const { functionName: name, config } = revision;
    const { maxConcurrency, maxQueue, memoryMiB } = config;
    const { memoryBudgetMiB: budgetMiB } = this.#options;
    if (this.#closing !== undefined) return lamError('LAM_POOL_CLOSED', {});
    if (signal?.aborted === true) return lamError('LAM_POOL_CANCELLED', { name });
    if (memoryMiB > budgetMiB) return lamError('LAM_POOL_MEMORY', { name, memoryMiB, budgetMiB });
    const group = this.#groups.get(revision);
    // Requests that a start of their own is coming for do not count as queued.
    if (group === undefined || group.queue.size < maxQueue + Math.max(0, maxConcurrency - group.busy)) return undefined;
    return lamError('LAM_POOL_THROTTLED', { name, maxConcurrency, maxQueue });
  }

  #refuseAll(group: Group, error: LamError): void {
    this.#hungry.delete(group);
    for (const waiter of group.queue.drain()) waiter.reject(error);
  }

  /** A sandbox is free: the oldest request takes it, else it rests. */
  #offer(slot: Slot): void {
    if (this.#serveNext(slot)) return;
    slot.idleSince = this.#options.clock.monotonic();
    slot.group.idle.push(slot);
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

  /** Starts what the policy wants for a group's queue. */
  #pump(group: Group): void {
    const oldest = group.queue.peek();
    if (oldest === undefined) {
      this.#hungry.delete(group);
      return;
    }
    const { cores, clock } = this.#options;
    const now = clock.monotonic();
    const wanted = startsWanted({
      waiting: group.queue.size,
      oldestWaitMs: now - oldest.since,
      busy: group.busy,
      starting: group.starting,
      serviceMs: group.service.value,
      coldMs: group.cold.value ?? FIRST_COLD_MS,
      room: group.revision.config.maxConcurrency - group.busy - group.starting,
      bootRoom: this.#capacity.bootRoom(now),
      cores,
    });
    for (let i = 0; i < wanted; i++) {
      if (!this.#makeRoom(group, now)) return;
      this.#start(group, now);
    }
  }

  /** Whether the memory for one more is free; ends idle sandboxes where that will help. */
  #makeRoom(group: Group, now: number): boolean {
    const { memoryMiB } = group.revision.config;
    if (this.#capacity.fits(memoryMiB)) return true;
    const idle: Slot[] = [];
    for (const g of this.#groups.values()) idle.push(...g.idle);
    for (const slot of this.#capacity.evictionsFor(memoryMiB, idle, now)) this.#end(slot);
    // Their memory is free when they are gone; that looks at the queues again.
    return false;
  }

  #start(group: Group, now: number): void {
    const slot = new Slot(randomBytes(16).toString('hex'), group, now);
    this.#capacity.started(slot);
    void this.#boot(slot).then(() => {
      this.#capacity.booted(slot);
      this.#pumpAll();
    });
  }

  /** Brings a sandbox up and tells those who wait for it. Never rejects. */
  async #boot(slot: Slot): Promise<void> {
    const { driver, clock, hooksFor } = this.#options;
    const { revision, group } = slot;
    const limitMs = Math.max(LIMITS.initMs, revision.config.timeoutMs);
    let bootedAt = 0;
    let outcome: InitOutcome;
    try {
      const hooks = hooksFor(revision, slot.id);
      const sandbox = await driver.create(specFor(revision, slot.id, new Date(clock.now())), hooks);
      slot.sandbox = sandbox;
      hooks.attached?.(sandbox.session);
      void sandbox.exited.then((exit) => this.#exited(slot, exit));
      if (!slot.is('booting')) {
        this.#destroy(slot);
        return;
      }
      slot.step('booted');
      bootedAt = clock.monotonic();
      outcome = await sandbox.session.init(initRequestFor(revision, slot.id, sandbox.taskRoot, new Date(clock.now())), limitMs);
    } catch (thrown) {
      this.#bootFailed(slot, (waiter) => waiter.reject(asLamError(thrown)));
      return;
    }
    // Condemned meanwhile, and its queue with it.
    if (!slot.is('initializing')) return;
    if (outcome.kind === 'ready' && slot.exit !== undefined) outcome = { kind: 'exit', exit: slot.exit };
    if (outcome.kind !== 'ready') {
      const failure: InitFailure = { kind: 'init-failed', outcome, sandboxId: slot.id, initMs: clock.monotonic() - bootedAt, limitMs };
      this.#bootFailed(slot, (waiter) => waiter.resolve(failure));
      return;
    }
    slot.initMs = outcome.durationMs;
    group.cold.add(clock.monotonic() - slot.startedAt);
    slot.step('ready');
    this.#offer(slot);
  }

  /** Ends it and tells all who wait, but only the first while others of its version run: those may yet serve the rest. */
  #bootFailed(slot: Slot, tell: (waiter: Waiter) => void): void {
    const { group } = slot;
    this.#end(slot);
    if (slot.sandbox === undefined) this.#forget(slot);
    if (group.busy === 0) {
      this.#hungry.delete(group);
      for (const waiter of group.queue.drain()) tell(waiter);
      return;
    }
    const first = group.queue.shift();
    if (first !== undefined) tell(first);
  }

  #endFree(group: Group): void {
    for (const slot of group.slots) if (slot.state !== 'busy') this.#end(slot);
  }

  #end(slot: Slot): void {
    if (slot.state === 'stopping' || slot.state === 'gone') return;
    if (slot.state === 'idle') {
      const { idle } = slot.group;
      const at = idle.indexOf(slot);
      if (at >= 0) idle.splice(at, 1);
    }
    slot.step('condemn');
    slot.endingSince = this.#options.clock.monotonic();
    this.#capacity.condemned(slot);
    // While it boots there is nothing to destroy yet; #boot sees the state and does it.
    if (slot.sandbox !== undefined) this.#destroy(slot);
  }

  #destroy(slot: Slot): void {
    const gone = (): void => this.#forget(slot);
    void slot.sandbox?.destroy().then(gone, gone);
  }

  /** Its process is no more. One that runs or loads something says so by its outcome. */
  #exited(slot: Slot, exit: ExitStatus): void {
    slot.exit = exit;
    if (slot.state === 'idle') this.#end(slot);
  }

  /** The sandbox holds nothing any more. */
  #forget(slot: Slot): void {
    const { group } = slot;
    if (!group.slots.delete(slot)) return;
    slot.step('exited');
    this.#capacity.gone(slot);
    if (group.slots.size === 0) {
      this.#dropped.delete(group);
      const forgettable = group.retiredSince !== undefined && group.queue.size === 0;
      if (forgettable && this.#groups.get(group.revision) === group) this.#groups.delete(group.revision);
    }
    this.#pumpAll();
  }

  #sweep(): void {
    const now = this.#options.clock.monotonic();
    for (const group of this.#groups.values()) {
      for (const slot of group.idle.filter((s) => isExpired(s, now))) this.#end(slot);
    }
  }
}
