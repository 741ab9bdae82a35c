import type { LamError } from '../errors/index.ts';
import { Ewma, Fifo, type MonotonicMs } from '../kit/index.ts';
import { pipelineDepth, Quickness, WAKE_MS, type Traffic } from './policy/index.ts';
import { PROTOCOLS } from '../runtimes/index.ts';
import { concurrencyOf, type PoolRevision } from './revision.ts';
import type { SandboxStateName } from './sandbox-state.ts';
import type { InitFailure, Lease, Slot } from './slot.ts';

/** What a start is taken to cost before one was measured, ms: a Node boot on a laptop. */
const FIRST_COLD_MS = 50;

/** A request in the queue. One of the two is called, once, in the midst of the pool's work: it may not call the pool before it has returned. */
export interface Waiter {
  /** Since when it waits; the pool's to set. */
  since: MonotonicMs;
  /** It is not to wait inside a sandbox behind another: its event would take memory there that counts as the function's. */
  readonly isLarge?: boolean;
  resolve(found: Lease | InitFailure): void;
  reject(error: LamError): void;
}

/** Everything of one version. */
export class Group {
  readonly revision: PoolRevision;
  /** What stems can serve it; null: none. */
  readonly stemKey: string | null;
  /** Of its function, whatever the version. */
  readonly traffic: Traffic;
  /** Newest use last: reuse pops. */
  readonly idle: Slot[] = [];
  readonly slots: Set<Slot> = new Set();
  readonly queue: Fifo<Waiter> = new Fifo();
  /** Time an invocation takes, ms. */
  readonly service: Ewma = new Ewma(0.1);
  /** Time from asking for a sandbox to having it, without a stem, ms. */
  readonly cold: Ewma = new Ewma(0.3);
  readonly quickness: Quickness = new Quickness();
  /** Leases that are out. */
  inFlight = 0;
  /** Most sandboxes busy at once since it was last asked for. */
  peakBusy = 0;
  /** How many of its sandboxes are in each state; kept by {@link Slot.step}. */
  readonly tally: Record<SandboxStateName, number> = {
    booting: 0,
    stem: 0,
    initializing: 0,
    idle: 0,
    busy: 0,
    stopping: 0,
    gone: 0,
  };
  /** It is what unqualified requests run. */
  isLive = false;
  retiredSince: MonotonicMs | undefined;
  /** Its function or version was deleted: sandboxes end as soon as they are free. */
  dropped = false;
  /** Starts made by foresight that failed in a row, and when the next may be tried. */
  failedStarts = 0;
  retryAt: MonotonicMs = 0;
  /** Invocations one sandbox may run at the same time. */
  readonly concurrency: number;

  constructor(revision: PoolRevision, stemKey: string | null, traffic: Traffic) {
    this.revision = revision;
    this.stemKey = stemKey;
    this.traffic = traffic;
    this.concurrency = concurrencyOf(revision.config);
  }

  isOf(functionName: string | undefined, version: number | undefined): boolean {
    const { revision } = this;
    return (
      (functionName === undefined || revision.functionName === functionName) &&
      (version === undefined || revision.version === version)
    );
  }

  /** A warm sandbox that may take one more invocation now, or undefined. `isLarge`: see {@link Waiter.isLarge}. */
  find(isLarge = false): Slot | undefined {
    if (this.concurrency > 1) {
      if (this.inFlight >= this.revision.config.maxConcurrency) return undefined;
      return this.leastLoaded(this.concurrency) ?? this.idle.pop();
    }
    if (isLarge) return this.idle.pop();
    return this.quickLane() ?? this.idle.pop() ?? this.leastLoaded(this.depth);
  }

  /** Whether a sandbox that just gave a lease back may have the oldest request at once. */
  hasRoom(slot: Slot): boolean {
    if (this.concurrency === 1) return slot.inFlight < (this.queue.peek()?.isLarge === true ? 1 : this.depth);
    return slot.inFlight < this.concurrency && this.inFlight < this.revision.config.maxConcurrency;
  }

  /** Sandboxes it may still add. */
  get room(): number {
    const most = Math.ceil(this.revision.config.maxConcurrency / this.concurrency);
    return most - this.alive;
  }

  /** Requests wait for which nothing is on its way, though it may add a sandbox. */
  get wantsMore(): boolean {
    return this.room > 0 && this.queue.size > this.starting * this.concurrency;
  }

  /** What one of its sandboxes costs to start without a stem, ms. */
  get coldMs(): number {
    return this.cold.value ?? FIRST_COLD_MS;
  }

  /** Counts how long one invocation took. */
  served(ms: number): void {
    this.service.add(ms);
    this.quickness.served(ms);
  }

  /** Counts one that was sent ahead and taken back, because the one before it is no quick one. */
  recalled(): void {
    this.quickness.recalled();
  }

  /** Invocations a sandbox that runs them one by one may hold at once; what waits inside one waits as much as what is in the queue. */
  get depth(): number {
    if (!PROTOCOLS[this.revision.runtime.descriptor.protocol].queuesInside) return 1;
    return Math.min(pipelineDepth(this.quickness), 1 + this.revision.config.maxQueue);
  }

  /**
   * A busy sandbox that will be free sooner than an idle one would wake up: on a machine whose cores are all at work,
   * spreading tiny invocations over more processes only adds switches between them.
   */
  quickLane(): Slot | undefined {
    const slot = this.leastLoaded(this.depth);
    return slot !== undefined && slot.inFlight * (this.quickness.typical.value ?? Infinity) <= WAKE_MS
      ? slot
      : undefined;
  }

  /** The busy sandbox with the least to do that holds fewer than `most` invocations. */
  leastLoaded(most: number): Slot | undefined {
    if (most === 1 || this.tally.busy === 0) return undefined;
    let best: Slot | undefined;
    for (const slot of this.slots) {
      if (slot.state === 'busy' && slot.exit === undefined && slot.inFlight < (best?.inFlight ?? most)) best = slot;
    }
    return best;
  }

  get busy(): number {
    return this.tally.busy;
  }

  /** Sandboxes on their way. */
  get starting(): number {
    return this.tally.booting + this.tally.stem + this.tally.initializing;
  }

  /** Sandboxes that are of use now or soon. */
  get alive(): number {
    return this.busy + this.starting + this.idle.length;
  }
}
