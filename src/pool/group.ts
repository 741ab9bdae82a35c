import type { Sandbox } from '../driver/sandbox.ts';
import { lamError } from '../errors/index.ts';
import type { ExitStatus, Session } from '../executor/session.ts';
import { Ewma, Fifo, type MonotonicMs } from '../kit/index.ts';
import type { EndReason, ObservedSandbox, SandboxPhase } from '../observer/index.ts';
import type { Acquisition, Waiter } from './acquisition.ts';
import type { Holder } from './capacity.ts';
import { PlaceFaults } from './place-faults.ts';
import { Quickness, type Traffic } from './policy/index.ts';
import { concurrencyOf, type PoolRevision } from './revision.ts';
import { transition, type SandboxEventName, type SandboxStateName } from './sandbox-state.ts';
import type { CallingSandbox, SandboxId, StartKind, FunctionName, VersionNumber } from '../contract/index.ts';

/** Assumed duration of a cold start before one was measured, ms: a Node boot on a laptop. */
const FIRST_COLD_MS = 50;

/** The phase that begins with an event of the table of states; `booting` and `bound` are reported where they happen. */
const PHASES: { readonly [E in SandboxEventName]?: SandboxPhase } = {
  booted: 'booted',
  ready: 'ready',
  acquire: 'busy',
  release: 'idle',
  drain: 'draining',
  exited: 'gone',
};

/**
 * One sandbox of a version. The only writer of its state, of what is in flight in it, and of its group's sums of both;
 * the group keeps the list of its idle ones.
 */
export class Slot implements Holder, Acquisition, ObservedSandbox {
  readonly id: SandboxId;
  readonly group: Group;
  readonly revision: PoolRevision;
  readonly startedAt: MonotonicMs;
  /** Started because a request waited, as opposed to provisioned. */
  readonly isOnDemand: boolean;
  sandbox: Sandbox | undefined;
  /** Set when its process ends, possibly while it is acquired. */
  exit: ExitStatus | undefined;
  /** When it last became idle. */
  idleSince: MonotonicMs = 0;
  endingSince: MonotonicMs = 0;
  /** Why it is ended; set when it is drained. */
  endReason: EndReason | undefined;
  /** Greedy-dual priority; set when it becomes idle. */
  priority = 0;
  soleCaller: CallingSandbox | undefined;
  /** How long its init took, ms. */
  initMs = 0;
  /** Whether it was booted for its version or is a stem that was bound to it. */
  madeBy: Exclude<StartKind, 'warm'> = 'cold';
  #state: SandboxStateName = 'booting';
  #inFlight = 0;
  #isFresh = true;
  #keptUntil: MonotonicMs = 0;

  constructor(id: SandboxId, group: Group, startedAt: MonotonicMs, isOnDemand: boolean) {
    this.id = id;
    this.group = group;
    this.revision = group.revision;
    this.startedAt = startedAt;
    this.isOnDemand = isOnDemand;
    group.slots.add(this);
    group.tally.booting++;
  }

  get state(): SandboxStateName {
    return this.#state;
  }

  /** Acquisitions not yet released: invocations that run, and those sent ahead. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get functionName(): FunctionName {
    return this.revision.functionName;
  }

  get version(): VersionNumber {
    return this.revision.version;
  }

  get memoryMiB(): number {
    return this.revision.config.memoryMiB;
  }

  get retiredSince(): MonotonicMs | undefined {
    return this.group.retiredSince;
  }

  get session(): Session {
    const { sandbox } = this;
    if (sandbox === undefined)
      throw lamError('LAM_INTERNAL_INVARIANT', { what: `sandbox ${this.id} has no session in state ${this.state}` });
    return sandbox.session;
  }

  /** Counts one more invocation in flight. */
  acquire(): void {
    this.step('acquire');
    this.#inFlight++;
    this.group.count(1);
  }

  /**
   * Counts one invocation less in flight; returns false when there is none. Steps the state with `release` once nothing
   * runs and the sandbox may be reused.
   */
  release(): boolean {
    if (this.#inFlight === 0) return false;
    this.#inFlight--;
    this.group.count(-1);
    return true;
  }

  /** Keeps it warm at least until then, although no request waited for it: its first one is not a cold start. */
  keepUnused(until: MonotonicMs): void {
    this.#keptUntil = until;
    this.#isFresh = false;
  }

  /** Earliest time at which the policy may end it. */
  get keptUntil(): MonotonicMs {
    return this.#keptUntil;
  }

  claimStart(): StartKind {
    const isFirst = this.#isFresh && this.isOnDemand;
    this.#isFresh = false;
    return isFirst ? this.madeBy : 'warm';
  }

  is(state: SandboxStateName): boolean {
    return this.#state === state;
  }

  /** Steps the state by the table of states; an event that the table refuses is a bug in the pool. */
  step(event: SandboxEventName): void {
    const next = transition(this.#state, event);
    if (next === undefined)
      throw lamError('LAM_INTERNAL_INVARIANT', {
        what: `sandbox ${this.id} refuses '${event}' in state '${this.#state}'`,
      });
    const { tally } = this.group;
    tally[this.#state]--;
    tally[next]++;
    const hasChanged = next !== this.#state;
    this.#state = next;
    const { onPhase } = this.group;
    const phase = PHASES[event];
    if (onPhase !== undefined && phase !== undefined && hasChanged) onPhase(this, phase);
  }

  /** Reports a phase that is not an event of the table of states. */
  tell(phase: SandboxPhase): void {
    this.group.onPhase?.(this, phase);
  }
}

/** Receives each phase of each sandbox. Never throws. */
export type OnPhase = (sandbox: ObservedSandbox, phase: SandboxPhase) => void;

/** The sandboxes, the queue and the measurements of one version. */
export class Group {
  readonly revision: PoolRevision;
  /** Kind of stem that can serve it; null for none. */
  readonly stemKey: string | null;
  /** Of its function, all versions together. */
  readonly traffic: Traffic;
  readonly slots: Set<Slot> = new Set();
  /** Reports the phases of its sandboxes to observers; undefined without observers. */
  readonly onPhase: OnPhase | undefined;
  readonly queue: Fifo<Waiter> = new Fifo();
  /** Duration of an invocation, ms. */
  readonly service: Ewma = new Ewma(0.1);
  /** Time from the start of a sandbox until it is ready, without a stem, ms. */
  readonly cold: Ewma = new Ewma(0.3);
  readonly quickness: Quickness = new Quickness();
  /** Most sandboxes busy at once since it was last reset. */
  peakBusy = 0;
  /** Number of its sandboxes in each state; written by {@link Slot} alone. */
  readonly tally: Record<SandboxStateName, number> = {
    booting: 0,
    stem: 0,
    initializing: 0,
    idle: 0,
    busy: 0,
    draining: 0,
    gone: 0,
  };
  /** Whether it is live: unqualified requests run it. */
  isLive = false;
  retiredSince: MonotonicMs | undefined;
  /** Sandboxes that are kept warm for qualifiers that lead to it. */
  provisioned = 0;
  /** Whether its function or version was deleted: sandboxes end once nothing runs in them. */
  dropped = false;
  readonly placeFaults: PlaceFaults = new PlaceFaults();
  /** Consecutive failures of provisioned starts, and when the next may be tried. */
  failedStarts = 0;
  retryAt: MonotonicMs = 0;
  /** Invocations that one sandbox may run at the same time. */
  readonly concurrency: number;
  /** Oldest first. */
  readonly #idle: Slot[] = [];
  #inFlight = 0;

  constructor(revision: PoolRevision, stemKey: string | null, traffic: Traffic, onPhase?: OnPhase) {
    this.revision = revision;
    this.stemKey = stemKey;
    this.traffic = traffic;
    this.onPhase = onPhase;
    this.concurrency = concurrencyOf(revision);
  }

  /** Whether it is of this function and version; undefined matches any. */
  isOf(functionName: FunctionName | undefined, version: VersionNumber | undefined): boolean {
    const { revision } = this;
    return (
      (functionName === undefined || revision.functionName === functionName) &&
      (version === undefined || revision.version === version)
    );
  }

  /** Idle sandboxes, least recently used first. */
  get idle(): readonly Slot[] {
    return this.#idle;
  }

  /** Makes it the first to be reused. */
  pushIdle(slot: Slot): void {
    this.#idle.push(slot);
  }

  /** Removes and returns the most recently used idle sandbox. */
  popIdle(): Slot | undefined {
    return this.#idle.pop();
  }

  /** Removes a sandbox that must not be reused. */
  removeIdle(slot: Slot): void {
    const at = this.#idle.indexOf(slot);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** Invocations that run in its sandboxes or were sent ahead to them. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** @internal For its slots: one more, or one less, is in flight. */
  count(by: 1 | -1): void {
    this.#inFlight += by;
    if (this.tally.busy > this.peakBusy) this.peakBusy = this.tally.busy;
  }

  /** How many sandboxes are kept warm without requests. */
  get least(): number {
    return Math.max(this.provisioned, this.isLive ? this.revision.config.provisionedConcurrency : 0);
  }

  /** How many more sandboxes its limit allows. */
  get headroom(): number {
    const most = Math.ceil(this.revision.config.maxConcurrency / this.concurrency);
    return Math.max(most, this.provisioned) - this.alive;
  }

  /**
   * Starving: requests are queued that none of its starting sandboxes will serve, and its limit allows another sandbox.
   */
  get isStarving(): boolean {
    return this.headroom > 0 && this.queue.size > this.starting * this.concurrency;
  }

  /** Duration of a cold start without a stem, ms. */
  get coldMs(): number {
    return this.cold.value ?? FIRST_COLD_MS;
  }

  /** Records the duration of one invocation, ms. */
  served(ms: number): void {
    this.service.add(ms);
    this.quickness.served(ms);
  }

  /** Records an invocation that was sent ahead and returned unstarted. */
  recalled(): void {
    this.quickness.recalled();
  }

  get busy(): number {
    return this.tally.busy;
  }

  /** Sandboxes that are not ready yet. */
  get starting(): number {
    return this.tally.booting + this.tally.stem + this.tally.initializing;
  }

  /** Whether a sandbox started after `at` is not ready yet. */
  isStartingSince(at: MonotonicMs): boolean {
    if (this.starting === 0) return false;
    for (const slot of this.slots)
      if (slot.startedAt > at && (slot.is('booting') || slot.is('stem') || slot.is('initializing'))) return true;
    return false;
  }

  /** Sandboxes that serve requests or will once started. */
  get alive(): number {
    return this.busy + this.starting + this.#idle.length;
  }
}
