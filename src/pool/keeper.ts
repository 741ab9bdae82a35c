import type { Clock, MonotonicMs } from '../kit/index.ts';
import type { Capacity } from './capacity.ts';
import type { Group, Slot } from './group.ts';
import { chooseEvictions, greedyDualPriority, isRetiredExpired, MemoryPrice } from './policy/index.ts';
import type { SlotLife } from './slot-life.ts';
import type { StemRack } from './stem-rack.ts';

/** Back-off after a failed provisioned start (ms); doubled with each further failure. */
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 300_000;

export interface KeeperOptions {
  readonly clock: Clock;
  readonly capacity: Capacity;
  readonly rack: StemRack;
  readonly life: SlotLife;
}

/** Keeps idle sandboxes warm, expires and evicts them, and prewarms those that will be needed. */
export class Keeper {
  readonly #options: KeeperOptions;
  /** Greedy-dual's clock: the highest priority evicted so far. */
  #clockValue = 0;
  readonly #price: MemoryPrice = new MemoryPrice();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Puts a warm sandbox that runs nothing on its group's idle list. */
  becameIdle(slot: Slot): void {
    const { group } = slot;
    slot.idleSince = this.#options.clock.monotonic();
    slot.priority = greedyDualPriority(this.#clockValue, {
      frequency: group.traffic.arrivals.recent(slot.idleSince),
      coldMs: group.coldMs,
      memoryMiB: slot.memoryMiB,
    });
    group.pushIdle(slot);
    if (group.alive < group.least) this.reconcile(group, false);
  }

  /**
   * Returns whether memory for one more sandbox of this version is free, or a stem provides it. If not, evicts stems
   * and then idle sandboxes of lowest priority; the queues are pumped again when those have ended.
   */
  makeRoom(group: Group, groups: Iterable<Group>, now: MonotonicMs): boolean {
    const { capacity, rack, life } = this.#options;
    const { memoryMiB } = group.revision.config;
    if (capacity.fits(memoryMiB) || rack.readyFor(group.stemKey) > 0) return true;
    const missing = capacity.missingMiB(memoryMiB, now);
    if (missing <= 0) return false;
    const left = missing - rack.evict(missing);
    if (left <= 0) return false;
    const idle: Slot[] = [];
    for (const other of groups) {
      const spare = other.least === 0 ? other.idle.length : Math.max(0, other.alive - other.least);
      idle.push(...other.idle.slice(0, spare));
    }
    const { evicted, clock } = chooseEvictions(idle, left, this.#clockValue);
    this.#clockValue = clock;
    for (const slot of evicted) life.end(slot, 'evicted');
    return false;
  }

  /** Whether a group is starving with no busy sandbox, or memory is short; nothing is provisioned then. */
  isUnderPressure(queued: Iterable<Group>): boolean {
    for (const group of queued) {
      const isShort = group.busy === 0 || !this.#options.capacity.fits(group.revision.config.memoryMiB);
      if (isShort && group.isStarving) return true;
    }
    return false;
  }

  /** Updates the price of memory from its use; called before each round of {@link Keeper.reconcile}. */
  samplePrice(): void {
    const { clock, capacity } = this.#options;
    this.#price.sample(clock.monotonic(), capacity.usedMiB, capacity.memoryBudgetMiB);
  }

  /** Delays the next provisioned start after one that failed. */
  backOff(group: Group): void {
    const pause = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** group.failedStarts);
    group.failedStarts++;
    group.retryAt = this.#options.clock.monotonic() + pause;
  }

  /**
   * Expires idle sandboxes that a version does not need and prewarms those it will need. `isUnderPressure`: see {@link
   * Keeper.isUnderPressure}; `nextAt`: time of its next known call.
   */
  reconcile(group: Group, isUnderPressure: boolean, nextAt?: MonotonicMs): void {
    const now = this.#options.clock.monotonic();
    const { traffic, peakBusy } = group;
    if (group.busy > 0 || peakBusy > 0) traffic.sample(now, group.busy, peakBusy);
    group.peakBusy = group.busy;
    const { config } = group.revision;
    const { least } = group;
    const costs = {
      coldMs: group.coldMs,
      memoryMiB: config.memoryMiB,
      concurrency: group.concurrency,
      price: this.#price.value,
    };
    if (group.idle.length > 0) {
      const isRetired = group.retiredSince !== undefined;
      this.#expire(group, least, isRetired ? Infinity : Math.max(least, traffic.wanted(now, costs, nextAt)), now);
    }
    if ((!group.isLive && least === 0) || isUnderPressure || now < group.retryAt) return;
    // A configured idle time-out replaces the policy: nothing is provisioned ahead of calls.
    const ahead = group.isLive && config.idleTimeoutMs === null ? traffic.ahead(now, costs, nextAt) : 0;
    this.#start(group, Math.max(least, ahead) - group.alive, now);
  }

  #expire(group: Group, least: number, worthKeeping: number, now: MonotonicMs): void {
    const { idleTimeoutMs } = group.revision.config;
    // Least recently used first.
    for (const slot of [...group.idle]) {
      if (group.alive <= least) return;
      const isOver =
        idleTimeoutMs === null
          ? group.alive > worthKeeping && now >= slot.keptUntil
          : now - slot.idleSince >= idleTimeoutMs;
      const isRetired = isRetiredExpired(slot, now);
      if (isOver || isRetired) this.#options.life.end(slot, isRetired ? 'retired' : 'expired');
    }
  }

  #start(group: Group, missing: number, now: MonotonicMs): void {
    const { capacity, rack, life } = this.#options;
    const { memoryMiB } = group.revision.config;
    for (let i = 0; i < Math.min(missing, group.headroom); i++) {
      const hasStem = rack.readyFor(group.stemKey) > 0;
      if (!hasStem && (capacity.bootSlots(now) <= 0 || !capacity.fits(memoryMiB))) return;
      life.start(group, now, false);
    }
  }
}
