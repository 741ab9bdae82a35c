import { lamError } from '../errors/index.ts';
import type { Sandbox, SandboxId } from '../driver/sandbox.ts';
import type { ExitStatus, InitOutcome, Session } from '../executor/session.ts';
import type { MonotonicMs } from '../kit/index.ts';
import type { Holder } from './capacity.ts';
import type { Group } from './group.ts';
import type { PoolRevision } from './revision.ts';
import { transition, type SandboxEventName, type SandboxStateName } from './sandbox-state.ts';

/** One sandbox of a version as the pool keeps it. Handed out as a {@link Lease}; the pool alone changes it. */
export class Slot implements Holder {
  readonly id: SandboxId;
  readonly group: Group;
  readonly revision: PoolRevision;
  readonly startedAt: MonotonicMs;
  /** Whether a waiting request was the reason to start it, and not foresight. */
  readonly wasAskedFor: boolean;
  state: SandboxStateName = 'booting';
  sandbox: Sandbox | undefined;
  /** Set once its process is no more, which may be while it is leased. */
  exit: ExitStatus | undefined;
  /** Time of its last use. */
  idleSince: MonotonicMs = 0;
  endingSince: MonotonicMs = 0;
  /** What it is worth to keep, on the scale of greedy-dual eviction; set when it comes to rest. */
  priority = 0;
  /** Milliseconds its init took. */
  initMs = 0;
  /** Leases that are out: invocations that run, and those sent ahead. */
  inFlight = 0;
  #isFresh = true;

  constructor(id: SandboxId, group: Group, startedAt: MonotonicMs, wasAskedFor: boolean) {
    this.id = id;
    this.group = group;
    this.revision = group.revision;
    this.startedAt = startedAt;
    this.wasAskedFor = wasAskedFor;
    group.slots.add(this);
    group.tally.booting++;
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

  /** Hands out a lease. */
  take(): void {
    this.step('lease');
    this.inFlight++;
    const { group } = this;
    group.inFlight++;
    if (group.tally.busy > group.peakBusy) group.peakBusy = group.tally.busy;
  }

  /** See {@link Lease.claimCold}. */
  claimCold(): boolean {
    const isCold = this.#isFresh && this.wasAskedFor;
    this.#isFresh = false;
    return isCold;
  }

  is(state: SandboxStateName): boolean {
    return this.state === state;
  }

  /** Moves along the table and keeps the group's tally; a refusal is a bug of the pool. */
  step(event: SandboxEventName): void {
    const next = transition(this.state, event);
    if (next === undefined)
      throw lamError('LAM_INTERNAL_INVARIANT', {
        what: `sandbox ${this.id} refuses '${event}' in state '${this.state}'`,
      });
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
  readonly initMs: number;
  readonly revision: PoolRevision;
  /** True for exactly one invocation of a sandbox that was started because a request waited: the one that reports the cold start. */
  claimCold(): boolean;
}

/** A sandbox came up and its code could not be loaded: every request that waited for it is told. */
export interface InitFailure {
  readonly kind: 'init-failed';
  readonly revision: PoolRevision;
  readonly outcome: Exclude<InitOutcome, { kind: 'ready' }>;
  readonly sandboxId: SandboxId;
  readonly initMs: number;
  readonly limitMs: number;
}
