import { LIMITS } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock, MonotonicMs } from '../kit/index.ts';
import type { Waiter } from './acquisition.ts';
import { refuseLongWaiting } from './admission.ts';
import { STUCK_MS, type Capacity } from './capacity.ts';
import type { Group, Slot } from './group.ts';
import type { Keeper } from './keeper.ts';
import { startsWanted } from './policy/index.ts';
import { canTakeNext, takeWarm } from './reuse.ts';
import type { SlotLife, StartFailure } from './slot-life.ts';
import type { StemRack } from './stem-rack.ts';

/** Interval at which queues are checked again (ms). */
const TICK_MS = 10;
/** How long a sandbox that was started to check its version waits for its first request (ms). */
const VERIFIED_KEEP_MS = 60_000;

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly cores: number;
  readonly groups: Iterable<Group>;
  readonly capacity: Capacity;
  readonly rack: StemRack;
  readonly life: SlotLife;
  readonly keeper: Keeper;
}

/**
 * Brings queued requests and sandboxes together: one queue per version in arrival order, late binding (a request takes
 * the first sandbox that becomes free), and the number of starts that the policy decides.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  /** Groups with a queue. */
  readonly #queued: Set<Group> = new Set();
  #stopTick: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Groups with a queue. */
  get queued(): Iterable<Group> {
    return this.#queued;
  }

  /** Queues a request; returns a function that removes it and returns whether it was still queued. */
  enqueue(group: Group, waiter: Waiter): () => boolean {
    const { clock } = this.#options;
    waiter.since = clock.monotonic();
    if (waiter.runsNothing !== true) group.traffic.arrived(waiter.since);
    const withdraw = group.queue.push(waiter);
    this.#queued.add(group);
    this.#stopTick ??= clock.every(TICK_MS, () => this.#tick());
    this.pump(group);
    return withdraw;
  }

  /** Gives a free sandbox to the oldest requests, or makes it idle if there are none. */
  offer(slot: Slot): void {
    const { group } = slot;
    if (!canTakeNext(slot) || !this.#serveNext(slot)) this.#options.keeper.becameIdle(slot);
    else if (group.concurrency > 1) this.fill(slot);
  }

  /** Gives a busy sandbox as many of the oldest requests as it can take. */
  fill(slot: Slot): void {
    while (canTakeNext(slot) && this.#serveNext(slot));
  }

  /** Assigns free places to the queue of a group, and starts sandboxes for the rest as the policy decides. */
  pump(group: Group): void {
    // Where a sandbox runs several at once, the limit of the version may have kept another one from taking more.
    while (group.concurrency > 1 && group.queue.size > 0) {
      const slot = takeWarm(group);
      if (slot === undefined || !this.#serveNext(slot)) break;
    }
    const oldest = group.queue.peek();
    if (oldest === undefined) {
      this.#queued.delete(group);
      return;
    }
    const { clock, keeper, groups, capacity, life } = this.#options;
    const now = clock.monotonic();
    if (now < group.placeFaults.pausedUntil && this.#options.rack.readyFor(group.stemKey) === 0) return;
    for (let wanted = this.#startsWanted(group, now - oldest.since, now); wanted > 0; wanted--) {
      if (!keeper.makeRoom(group, groups, now)) {
        refuseLongWaiting(group, capacity.memoryBudgetMiB, now);
        if (group.queue.size === 0) this.#queued.delete(group);
        return;
      }
      // One that only loads code becomes one of those that `provisionedConcurrency` provides.
      life.start(group, now, oldest.runsNothing !== true || group.revision.config.provisionedConcurrency === 0);
    }
  }

  /** Pumps every queue, the one whose oldest request waits longest first. */
  pumpAll(): void {
    if (this.#queued.size === 0) return;
    const since = (group: Group): number => group.queue.peek()?.since ?? 0;
    for (const group of [...this.#queued].toSorted((a, b) => since(a) - since(b))) this.pump(group);
  }

  /**
   * Handles a failed start. Another sandbox is started after a fault of its stem or place, until a request has waited
   * for {@link PLACE_ATTEMPTS} of them. What is refused is the whole queue, but only the oldest request while other
   * sandboxes of the version are busy, because those may serve the rest.
   */
  startFailed(slot: Slot, failure: StartFailure): void {
    const { group } = slot;
    if (failure.cause === 'stem') {
      this.pump(group);
      return;
    }
    const now = this.#options.clock.monotonic();
    let lostSince: MonotonicMs = Infinity;
    if (failure.cause === 'code') {
      group.placeFaults.succeeded(now);
    } else {
      group.placeFaults.failed(slot.startedAt, now);
      // A starting sandbox may serve them; if it fails, it is decided then.
      if (group.isStartingSince(now - STUCK_MS)) return;
      lostSince = group.placeFaults.lostSince(now, limitMs(group));
    }
    for (let head = group.queue.peek(); head !== undefined && head.since <= lostSince; head = group.queue.peek()) {
      group.queue.shift();
      failure.tell(head);
      if (group.busy > 0) break;
    }
    if (group.queue.size === 0) this.#queued.delete(group);
  }

  refuseAll(group: Group, error: LamError): void {
    this.#queued.delete(group);
    for (const waiter of group.queue.drain()) waiter.reject(error);
  }

  /** Stops its timer. */
  close(): void {
    this.#stopTick?.();
  }

  /** Binds the oldest request to this sandbox. */
  #serveNext(slot: Slot): boolean {
    const { group } = slot;
    const waiter = group.queue.shift();
    if (waiter === undefined) return false;
    if (group.queue.size === 0) this.#queued.delete(group);
    if (waiter.runsNothing === true) {
      if (group.queue.size === 0) slot.keepUnused(this.#options.clock.monotonic() + VERIFIED_KEEP_MS);
      waiter.resolve(slot);
      return this.#serveNext(slot);
    }
    slot.acquire();
    waiter.resolve(slot);
    return true;
  }

  #startsWanted(group: Group, oldestWaitMs: number, now: number): number {
    const { cores, capacity, rack } = this.#options;
    return startsWanted({
      waiting: group.queue.size,
      oldestWaitMs,
      busy: group.busy,
      starting: group.starting,
      serviceMs: group.service.value,
      coldMs: group.coldMs,
      headroom: group.headroom,
      bootSlots: capacity.bootSlots(now),
      cores,
      concurrency: group.concurrency,
      stemReady: rack.readyFor(group.stemKey),
      stemMs: rack.expectedBindMs,
    });
  }

  #tick(): void {
    this.pumpAll();
    if (this.#queued.size > 0) return;
    this.#stopTick?.();
    this.#stopTick = undefined;
  }
}

/**
 * Time that a request of this version waits while starts fail for a reason outside the code (ms): the limit of one
 * init.
 */
function limitMs({ revision }: Group): number {
  return Math.max(LIMITS.initMs, revision.config.timeoutMs);
}
