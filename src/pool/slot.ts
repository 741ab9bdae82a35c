import { lamError, type LamError } from '../errors/index.ts';
import { Ewma, Fifo } from '../kit/index.ts';
import type { Sandbox, SandboxId } from '../driver/sandbox.ts';
import type { ExitStatus, InitOutcome, Session } from '../executor/session.ts';
import type { PoolRevision } from './revision.ts';
import { pipelineDepth, RECALLED_MS, WAKE_MS } from './policy.ts';
import { transition, type SandboxEventName, type SandboxStateName } from './sandbox-state.ts';

/** One sandbox as the pool keeps it. Handed out as a {@link Lease}; the pool alone changes it. */
export class Slot {
  readonly id: SandboxId;
  readonly group: Group;
  readonly revision: PoolRevision;
  /** Monotonic time it was asked for. */
  readonly startedAt: number;
  state: SandboxStateName = 'booting';
  sandbox: Sandbox | undefined;
  /** Set once its process is no more, which may be while it is leased. */
  exit: ExitStatus | undefined;
  /** Monotonic time of its last use. */
  idleSince = 0;
  /** Monotonic time it was condemned. */
  endingSince = 0;
  /** Milliseconds its init took. */
  initMs = 0;
  /** Invocations it was leased for so far. */
  leases = 0;
  /** Leases that are out: the invocation that runs, and those sent ahead. */
  inFlight = 0;

  constructor(id: SandboxId, group: Group, startedAt: number) {
    this.id = id;
    this.group = group;
    this.revision = group.revision;
    this.startedAt = startedAt;
    group.slots.add(this);
    group.tally.booting++;
  }

  get idleTimeoutMs(): number {
    return this.revision.config.idleTimeoutMs ?? 600_000;
  }

  get memoryMiB(): number {
    return this.revision.config.memoryMiB;
  }

  get retiredSince(): number | undefined {
    return this.group.retiredSince;
  }

  get session(): Session {
    const { sandbox } = this;
    if (sandbox === undefined)
      throw lamError('LAM_INTERNAL_INVARIANT', { what: `sandbox ${this.id} has no session in state ${this.state}` });
    return sandbox.session;
  }

  /** Hands out a lease. */
  take(): void {
    this.step('lease');
    this.leases++;
    this.inFlight++;
  }

  is(state: SandboxStateName): boolean {
    return this.state === state;
  }

  /** Moves along the table and keeps the group's tally; a refusal is a bug of the pool. */
  step(event: SandboxEventName): void {
    const next = transition(this.state, event);
    if (next === undefined)
      throw lamError('LAM_INTERNAL_INVARIANT', { what: `sandbox ${this.id} refuses '${event}' in state '${this.state}'` });
    const { tally } = this.group;
    tally[this.state]--;
    tally[next]++;
    this.state = next;
  }
}

/** The right to run one invocation in a sandbox. */
export interface Lease {
  readonly id: SandboxId;
  readonly session: Session;
  readonly sandbox: Sandbox | undefined;
  /** 1 on the invocation that began the sandbox. */
  readonly leases: number;
  readonly initMs: number;
  readonly revision: PoolRevision;
}

/** A sandbox came up and its code could not be loaded: every request that waited for it is told. */
export interface InitFailure {
  readonly kind: 'init-failed';
  readonly outcome: Exclude<InitOutcome, { kind: 'ready' }>;
  readonly sandboxId: SandboxId;
  readonly initMs: number;
  readonly limitMs: number;
}

/** A request in the queue. */
export interface Waiter {
  /** Monotonic. */
  readonly since: number;
  readonly resolve: (value: Lease | InitFailure) => void;
  readonly reject: (error: LamError) => void;
}

/** Everything of one version. */
export class Group {
  readonly revision: PoolRevision;
  /** Newest use last: reuse pops. */
  readonly idle: Slot[] = [];
  readonly slots: Set<Slot> = new Set();
  readonly queue: Fifo<Waiter> = new Fifo();
  /** Time an invocation takes, ms. */
  readonly service: Ewma = new Ewma(0.1);
  /** Time from asking for a sandbox to having it, ms. */
  readonly cold: Ewma = new Ewma(0.3);
  /** The longest of late: a maximum that fades by half in about 140 invocations, ms. */
  slowestMs = 0;
  /** How many of its sandboxes are in each state; kept by {@link Slot.step}. */
  readonly tally: Record<SandboxStateName, number> = { booting: 0, stem: 0, initializing: 0, idle: 0, busy: 0, stopping: 0, gone: 0 };
  retiredSince: number | undefined;
  /** Its function or version was deleted: sandboxes end as soon as they are free. */
  dropped = false;

  constructor(revision: PoolRevision) {
    this.revision = revision;
  }

  isOf(functionName: string | undefined, version: number | undefined): boolean {
    const { revision } = this;
    return (
      (functionName === undefined || revision.functionName === functionName) && (version === undefined || revision.version === version)
    );
  }

  /** Adds a request to the queue; `signal` takes it out again and rejects it with `LAM_POOL_CANCELLED`. */
  enqueue(waiter: Waiter, signal: AbortSignal | undefined): void {
    if (signal === undefined) {
      this.queue.push(waiter);
      return;
    }
    const abort = (): void => {
      if (leave()) waiter.reject(lamError('LAM_POOL_CANCELLED', { name: this.revision.functionName }));
    };
    const stay = (): void => signal.removeEventListener('abort', abort);
    const leave = this.queue.push({
      since: waiter.since,
      resolve: (value) => {
        stay();
        waiter.resolve(value);
      },
      reject: (error) => {
        stay();
        waiter.reject(error);
      },
    });
    signal.addEventListener('abort', abort, { once: true });
  }

  /** Counts how long one invocation took. */
  served(ms: number): void {
    this.service.add(ms);
    this.slowestMs = Math.max(ms, this.slowestMs * 0.995);
  }

  /** Counts one that was sent ahead and taken back, because the one before it is no quick one. */
  recalled(): void {
    this.slowestMs = Math.max(this.slowestMs, RECALLED_MS);
  }

  /** Invocations one sandbox may hold at once; what waits inside one waits as much as what is in the queue. */
  get depth(): number {
    if (this.revision.runtime.protocol !== 'frames') return 1;
    return Math.min(pipelineDepth(this.service.value, this.slowestMs), 1 + this.revision.config.maxQueue);
  }

  /**
   * A busy sandbox that will be free sooner than an idle one would wake up: on a machine whose cores are all at work,
   * spreading tiny invocations over more processes only adds switches between them.
   */
  quickLane(): Slot | undefined {
    const slot = this.leastLoaded();
    return slot !== undefined && slot.inFlight * (this.service.value ?? Infinity) <= WAKE_MS ? slot : undefined;
  }

  /** The busy sandbox with the least to do that may be sent one more ahead. */
  leastLoaded(): Slot | undefined {
    const { depth } = this;
    if (depth === 1) return undefined;
    let best: Slot | undefined;
    for (const slot of this.slots) {
      if (slot.state === 'busy' && slot.exit === undefined && slot.inFlight < (best?.inFlight ?? depth)) best = slot;
    }
    return best;
  }

  get busy(): number {
    return this.tally.busy;
  }

  /** Sandboxes on their way. */
  get starting(): number {
    return this.tally.booting + this.tally.initializing;
  }
}
