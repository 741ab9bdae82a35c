import { randomBytes } from 'node:crypto';
import { LIMITS } from '../contract/index.ts';
import { asLamError, isLamError, lamError, type LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { SandboxDriver, SandboxId } from '../driver/sandbox.ts';
import type { SessionHooks } from '../executor/session.ts';
import { initRequestFor } from './environment.ts';
import { chooseEvictions, isExpired, startsWanted } from './policy.ts';
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
  /** Groups with a queue. */
  readonly #hungry: Set<Group> = new Set();
  readonly #stopSweep: () => void;
  #stopTick: (() => void) | undefined;
  #booting = 0;
  #usedMiB = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#stopSweep = options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** A warm sandbox at once, or undefined. The hot path: no promise, no closure. */
  tryLease(revision: PoolRevision): Lease | undefined {
    const group = this.#groups.get(revision);
    if (group === undefined || group.queue.size > 0) return undefined;
    const slot = group.idle.pop();
    if (slot === undefined) return undefined;
    this.#occupy(group, slot);
    return slot;
  }

  /**
   * A sandbox as soon as there is one. Rejects with `LAM_POOL_THROTTLED` when the queue is full, with the driver's error
   * when a sandbox could not be made, and when `signal` aborts while it waits.
   */
  lease(revision: PoolRevision, signal?: AbortSignal): Promise<Lease | InitFailure> {
    const slot = this.tryLease(revision);
    if (slot !== undefined) return Promise.resolve(slot);
    if (this.#closed) return Promise.reject(lamError('LAM_POOL_CLOSED', {}));
    const group = this.#group(revision);
    const { maxConcurrency, maxQueue } = revision.config;
    // Requests that a start of their own is coming for do not count as queued.
    if (group.queue.size >= maxQueue + Math.max(0, maxConcurrency - group.busy)) {
      return Promise.reject(lamError('LAM_POOL_THROTTLED', { name: revision.functionName, maxConcurrency, maxQueue }));
    }
    return new Promise((resolve, reject) => {
      const leave = group.queue.push({ since: this.#options.clock.monotonic(), resolve, reject });
      signal?.addEventListener('abort', () => {
        if (leave()) reject(lamError('LAM_POOL_CANCELLED', { name: revision.functionName }));
      }, { once: true });
      this.#becomeHungry(group);
      this.#pump(group);
    });
  }

  /**
   * Gives a lease back. `usable` false ends the sandbox: its state is unknown.
   * @param serviceMs how long the invocation took
   */
  release(lease: Lease, usable: boolean, serviceMs: number): void {
    const slot = lease as Slot;
    const { group } = slot;
    if (slot.state !== 'busy') return;
    group.service.add(serviceMs);
    group.busy--;
    if (!usable || this.#closed || group.dropped) {
      this.#end(group, slot);
    } else {
      slot.step('release');
      this.#offer(group, slot);
    }
    if (group.queue.size > 0) this.#pump(group);
  }

  /** No pointer leads to this version any more (or again one does): its idle sandboxes expire sooner. */
  setRetired(revision: PoolRevision, retired: boolean): void {
    const group = this.#groups.get(revision);
    if (group === undefined) return;
    group.retiredSince = retired ? this.#options.clock.monotonic() : undefined;
    for (const slot of group.slots) slot.retiredSince = group.retiredSince;
  }

  /** Ends what is idle or starting and refuses what waits; what runs may finish. For a deleted function or version. */
  drop(revision: PoolRevision, error: LamError): void {
    const group = this.#groups.get(revision);
    if (group === undefined) return;
    for (const waiter of group.queue.drain()) waiter.reject(error);
    this.#hungry.delete(group);
    this.#groups.delete(revision);
    group.dropped = true;
    for (const slot of group.slots) if (slot.state !== 'busy') this.#end(group, slot);
  }

  /** Sandboxes of one version, or of all. */
  counts(revision?: PoolRevision): Counts {
    const sum: Counts = { starting: 0, idle: 0, busy: 0 };
    const groups = revision === undefined ? this.#groups.values() : [this.#groups.get(revision)];
    for (const group of groups) {
      if (group === undefined) continue;
      sum.starting += group.starting;
      sum.idle += group.idle.length;
      sum.busy += group.busy;
    }
    return sum;
  }

  /** Refuses new work, lets what runs finish for at most `graceMs`, then ends every sandbox. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#stopSweep();
    this.#stopTick?.();
    const until = this.#options.clock.monotonic() + graceMs;
    for (const group of this.#groups.values()) {
      for (const waiter of group.queue.drain()) waiter.reject(lamError('LAM_POOL_CLOSED', {}));
      for (const slot of [...group.idle]) this.#end(group, slot);
    }
    while (this.counts().busy > 0 && this.#options.clock.monotonic() < until) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    for (const group of this.#groups.values()) for (const slot of group.slots) this.#end(group, slot);
    await this.#options.driver.close();
  }

  #group(revision: PoolRevision): Group {
    let group = this.#groups.get(revision);
    if (group === undefined) {
      group = new Group(revision);
      this.#groups.set(revision, group);
    }
    return group;
  }

  #occupy(group: Group, slot: Slot): void {
    slot.step('lease');
    slot.leases++;
    group.busy++;
  }

  /** A sandbox is free: the oldest request takes it, else it rests. */
  #offer(group: Group, slot: Slot): void {
    const waiter = group.queue.shift();
    if (waiter === undefined) {
      slot.idleSince = this.#options.clock.monotonic();
      group.idle.push(slot);
      return;
    }
    if (group.queue.size === 0) this.#hungry.delete(group);
    this.#occupy(group, slot);
    waiter.resolve(slot);
  }

  #becomeHungry(group: Group): void {
    this.#hungry.add(group);
    this.#stopTick ??= this.#options.clock.every(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    for (const group of this.#hungry) this.#pump(group);
    if (this.#hungry.size > 0) return;
    this.#stopTick?.();
    this.#stopTick = undefined;
  }

  /** Starts what the policy wants for a group's queue. */
  #pump(group: Group): void {
    const oldest = group.queue.peek();
    if (oldest === undefined) {
      this.#hungry.delete(group);
      return;
    }
    const { cores, clock } = this.#options;
    const wanted = startsWanted({
      waiting: group.queue.size,
      oldestWaitMs: clock.monotonic() - oldest.since,
      busy: group.busy,
      starting: group.starting,
      serviceMs: group.service.value,
      coldMs: group.cold.value ?? FIRST_COLD_MS,
      room: group.revision.config.maxConcurrency - group.busy - group.starting,
      bootRoom: Math.max(2, cores) - this.#booting,
      cores,
    });
    for (let i = 0; i < wanted; i++) if (!this.#makeRoom(group) || !this.#start(group)) return;
  }

  #makeRoom(group: Group): boolean {
    const idle: Slot[] = [];
    const { memoryBudgetMiB } = this.#options;
    const { memoryMiB } = group.revision.config;
    if (this.#usedMiB + memoryMiB <= memoryBudgetMiB) return true;
    for (const g of this.#groups.values()) idle.push(...g.idle);
    const evict = chooseEvictions(idle, this.#usedMiB, memoryMiB, memoryBudgetMiB);
    if (evict === undefined) {
      // Nothing runs that could make room: the function alone is larger than the machine lends.
      if (this.#usedMiB === 0) {
        const error = lamError('LAM_POOL_MEMORY', { name: group.revision.functionName, memoryMiB, budgetMiB: memoryBudgetMiB });
        for (const waiter of group.queue.drain()) waiter.reject(error);
      }
      return false;
    }
    for (const slot of evict) this.#end(slot.group, slot);
    return true;
  }

  #start(group: Group): boolean {
    const slot = new Slot(randomBytes(16).toString('hex'), group);
    slot.retiredSince = group.retiredSince;
    group.slots.add(slot);
    group.starting++;
    this.#booting++;
    this.#usedMiB += slot.memoryMiB;
    void this.#boot(group, slot).finally(() => {
      group.starting--;
      this.#booting--;
      // A place to boot is free: whoever waits longest for one is asked first.
      for (const hungry of this.#hungry) this.#pump(hungry);
    });
    return true;
  }

  async #boot(group: Group, slot: Slot): Promise<void> {
    const { driver, clock, hooksFor } = this.#options;
    const { revision } = slot;
    const { config, runtime } = revision;
    const began = clock.monotonic();
    const initRequest = (taskRoot: string) => initRequestFor(revision, slot.id, taskRoot, new Date(clock.now()));
    try {
      const sandbox = await driver.create(
        {
          id: slot.id,
          runtime,
          code: revision.codePath,
          environment: runtime.protocol === 'frames' ? {} : initRequest('/var/task').environment,
          limits: { memoryMiB: config.memoryMiB, cpus: config.cpus, pids: config.pids, tmpMiB: config.tmpMiB },
          network: config.network,
          image: config.image,
          functionName: revision.functionName,
          version: revision.version,
        },
        hooksFor(revision, slot.id),
      );
      slot.sandbox = sandbox;
      void sandbox.exited.then(() => this.#exited(group, slot));
      if (slot.state !== 'booting') {
        await sandbox.destroy();
        this.#forget(group, slot);
        return;
      }
      slot.step('booted');
      const limitMs = Math.max(LIMITS.initMs, config.timeoutMs);
      const bootedAt = clock.monotonic();
      const outcome = await sandbox.session.init(initRequest(sandbox.taskRoot), limitMs);
      if (outcome.kind !== 'ready') {
        const initMs = clock.monotonic() - bootedAt;
        this.#end(group, slot);
        const failure: InitFailure = { kind: 'init-failed', outcome, sandboxId: slot.id, initMs, limitMs };
        for (const waiter of this.#takeAll(group)) waiter.resolve(failure);
        return;
      }
      if ((slot.state as string) !== 'initializing') return;
      slot.initMs = outcome.durationMs;
      group.cold.add(clock.monotonic() - began);
      slot.step('ready');
      if (this.#closed) this.#end(group, slot);
      else this.#offer(group, slot);
    } catch (thrown) {
      this.#forget(group, slot);
      const error = isLamError(thrown) ? thrown : asLamError(thrown);
      for (const waiter of this.#takeAll(group)) waiter.reject(error);
    }
  }

  #takeAll(group: Group): Waiter[] {
    this.#hungry.delete(group);
    return group.queue.drain();
  }

  #end(group: Group, slot: Slot): void {
    if (slot.state === 'stopping' || slot.state === 'gone') return;
    if (slot.state === 'idle') {
      const at = group.idle.indexOf(slot);
      if (at >= 0) group.idle.splice(at, 1);
    }
    slot.step('condemn');
    const { sandbox } = slot;
    // While it boots there is nothing to destroy yet; #boot sees the state and does it.
    if (sandbox === undefined) return;
    void sandbox.destroy().finally(() => this.#forget(group, slot));
  }

  #exited(group: Group, slot: Slot): void {
    if (slot.state === 'idle') {
      const at = group.idle.indexOf(slot);
      if (at >= 0) group.idle.splice(at, 1);
      slot.step('condemn');
      void slot.sandbox?.destroy().finally(() => this.#forget(group, slot));
    }
  }

  /** The sandbox holds nothing any more. */
  #forget(group: Group, slot: Slot): void {
    if (!group.slots.delete(slot)) return;
    slot.step('exited');
    this.#usedMiB -= slot.memoryMiB;
    for (const hungry of this.#hungry) this.#pump(hungry);
    if (group.slots.size === 0 && group.queue.size === 0 && group.retiredSince !== undefined) this.#groups.delete(group.revision);
  }

  #sweep(): void {
    const now = this.#options.clock.monotonic();
    for (const group of this.#groups.values()) {
      for (const slot of group.idle.filter((s) => isExpired(s, now))) this.#end(group, slot);
    }
  }
}
