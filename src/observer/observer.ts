import type {
  Origin,
  RequestId,
  TraceId,
  SandboxId,
  StartKind,
  FunctionName,
  Qualifier,
  TriggerPhase,
  VersionNumber,
} from '../contract/index.ts';
import type { EpochMs } from '../kit/index.ts';

/** How an invocation ended: its status in REPORT, or `rejected` if it did not run, with the code of lam's error. */
export type ObservedOutcome = 'success' | 'error' | 'timeout' | 'failure' | 'rejected';

/**
 * Facts about one invocation so far. All phases pass the same object, so it can be the key of a WeakMap; its fields
 * change with later phases, so an observer copies what it keeps.
 */
export interface ObservedInvocation {
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  readonly functionName: FunctionName;
  /** Version or alias in the request; undefined for the live pointer. */
  readonly qualifier: Qualifier | undefined;
  readonly origin: Origin;
  /** 1 is the first. */
  readonly attempt: number;
  /** The version that was resolved; undefined until `queued` or `bound`. */
  readonly version: VersionNumber | undefined;
  /** The sandbox it was bound to last. */
  readonly sandboxId: SandboxId | undefined;
  readonly acceptedAt: EpochMs;
  readonly queuedAt: EpochMs | undefined;
  readonly boundAt: EpochMs | undefined;
  readonly startedAt: EpochMs | undefined;
  readonly settledAt: EpochMs | undefined;
  /** Whether a sandbox was started or a stem bound for it; undefined until `bound`. */
  readonly start: StartKind | undefined;
  /** How long the init of its sandbox took, ms; undefined unless this invocation is the first of a sandbox that was started for it. */
  readonly initMs: number | undefined;
  /** Once settled: duration of the handler, or of the failed init (ms); undefined if neither began. */
  readonly durationMs: number | undefined;
  /** Once settled: peak memory of its sandbox so far (MiB); 0 if unknown. */
  readonly maxMemoryMiB: number;
  readonly outcome: ObservedOutcome | undefined;
  /** Once settled: the error type that the caller sees, or the code of lam's error; undefined after success. */
  readonly errorType: string | undefined;
}

/**
 * The phase that a sandbox entered. `bound`: a stem was bound to a function, possibly before it has `booted`. `draining`: it takes no
 * more work; {@link ObservedSandbox.endReason} says why.
 */
export type SandboxPhase = 'booting' | 'booted' | 'bound' | 'ready' | 'busy' | 'idle' | 'draining' | 'gone';

/** Why a sandbox is ended. */
export type EndReason =
  /** Idle for longer than the policy or its function's idle time-out allows. */
  | 'expired'
  /** Its memory was needed by others. */
  | 'evicted'
  /** No pointer leads to its version. */
  | 'retired'
  /** Its function or version was deleted. */
  | 'deleted'
  /** A stem beyond what the policy wants. */
  | 'surplus'
  /** Its process ended by itself, or was killed. */
  | 'exited'
  /** An invocation left it in an unknown state. */
  | 'unusable'
  | 'boot-failed'
  | 'bind-failed'
  | 'init-failed'
  /** The daemon stops. */
  | 'closing';

/** A sandbox or stem. */
export interface ObservedSandbox {
  readonly id: SandboxId;
  readonly memoryMiB: number;
  /** Undefined for a stem. */
  readonly functionName: FunctionName | undefined;
  readonly version: VersionNumber | undefined;
  /** Set from `draining` on. */
  readonly endReason: EndReason | undefined;
}

/**
 * What happened to a queued event: it is on the disk; an attempt ended; that attempt succeeded; it failed; a further
 * attempt follows; it failed for good. Records on their way to destinations are events, too, of names such as `hello:onFailure`.
 */
export type EventPhase = 'accepted' | 'run' | 'succeeded' | 'failed' | 'retried' | 'dead';

/** A trigger of a function that the daemon runs. */
export interface ObservedTrigger {
  readonly functionName: FunctionName;
  /** Its kind, for instance `kafka`. */
  readonly type: string;
  /** Unique among those of its kind and function. */
  readonly name: string;
}

/**
 * Receives the phases of invocations and sandboxes, for records, metrics and traces. All methods are optional and synchronous, run on the
 * hot path and must be quick. None may call the router or the pool.
 */
export interface Observer {
  /** A request arrived; for each one, `settled` follows exactly once. */
  accepted?(invocation: ObservedInvocation): void;
  /**
   * It was queued, because no sandbox was free. Called again if it was sent ahead, returned unstarted and is queued
   * again.
   */
  queued?(invocation: ObservedInvocation): void;
  /** It was bound to a sandbox. Called again for another one if it was sent ahead and returned unstarted. */
  bound?(invocation: ObservedInvocation): void;
  /** Its sandbox was started on demand and this invocation reports the init, which may have failed. After `bound`. */
  init?(invocation: ObservedInvocation): void;
  /** The handler may have begun, as for `InvokeSink.started`. At most once. */
  started?(invocation: ObservedInvocation): void;
  /** The caller has been answered. */
  settled?(invocation: ObservedInvocation): void;
  /** A phase of a queued event. How many wait is counted by the queue. */
  event?(functionName: FunctionName, phase: EventPhase): void;
  /**
   * What triggers of all kinds but `http` did with messages of their source or events that they queued: the sums since
   * the daemon started are the {@link TriggerCounts} that are shown of the trigger.
   */
  trigger?(trigger: ObservedTrigger, phase: TriggerPhase, count: number): void;
  /**
   * Messages that wait at the source of a trigger, in total and by part of the source, such as a partition, if it has parts.
   * Called every 5 s where that is known, and with undefined when it is not known any more.
   */
  lag?(trigger: ObservedTrigger, lag: number | undefined, parts: Readonly<Record<string, number>>): void;
  /** A sandbox or stem entered a phase. Each one begins with `booting` and ends with `gone`. */
  sandbox?(sandbox: ObservedSandbox, phase: SandboxPhase, at: EpochMs): void;
}
