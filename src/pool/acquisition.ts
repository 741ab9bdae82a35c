import type { Sandbox } from '../driver/sandbox.ts';
import type { LamError } from '../errors/index.ts';
import type { InitOutcome, Session } from '../executor/session.ts';
import type { MonotonicMs } from '../kit/index.ts';
import type { PoolRevision } from './revision.ts';
import type { CallingSandbox, SandboxId, StartKind } from '../contract/index.ts';

/** The right to run one invocation in a sandbox, from `Pool.acquire` or the queue until `Pool.release`. */
export interface Acquisition {
  readonly id: SandboxId;
  readonly session: Session;
  readonly sandbox: Sandbox | undefined;
  /** How long the sandbox's init took, ms. */
  readonly initMs: number;
  readonly revision: PoolRevision;
  /** The sandbox as a caller of functions, where it may call and runs one invocation at a time. */
  readonly soleCaller: CallingSandbox | undefined;
  /** Not `warm` for exactly one invocation of a sandbox that was started on demand: the one that reports its init. */
  claimStart(): StartKind;
}

/** A sandbox booted but its code could not be loaded; every request that waited for it is rejected with this. */
export interface InitFailure {
  readonly kind: 'init-failed';
  readonly revision: PoolRevision;
  readonly outcome: Exclude<InitOutcome, { kind: 'ready' }>;
  readonly sandboxId: SandboxId;
  readonly initMs: number;
  readonly limitMs: number;
  readonly start: Exclude<StartKind, 'warm'>;
  /** Peak memory of the sandbox; 0 when not known. */
  readonly maxMemoryMiB: number;
}

/**
 * A request in the queue. Either `resolve` or `reject` is called, once. The pool is not re-entrant: neither may call it
 * before returning.
 */
export interface Waiter {
  /** When it was queued; set by the pool. */
  since: MonotonicMs;
  /**
   * Waits until a sandbox of the version has loaded its code, and runs nothing: `resolve` is called with a sandbox that
   * it has not acquired.
   */
  readonly runsNothing?: boolean;
  /** Never sent ahead: a large event waiting in a busy sandbox would count against the function's memory. */
  readonly isLarge?: boolean;
  resolve(found: Acquisition | InitFailure): void;
  reject(error: LamError): void;
}
