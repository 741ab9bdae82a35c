import type {
  Origin,
  RequestId,
  TraceId,
  SandboxId,
  StartKind,
  FunctionName,
  Qualifier,
  VersionNumber,
} from '../contract/index.ts';
import type { Clock, EpochMs } from '../kit/index.ts';
import type { ObservedInvocation, ObservedOutcome, Observers } from '../observer/index.ts';
import type { LoggedSandbox } from './platform-log.ts';

/** Facts about an invocation at its acceptance. */
export interface Accepted extends Pick<ObservedInvocation, 'requestId' | 'traceId' | 'functionName' | 'qualifier'> {
  readonly origin: Origin | undefined;
  readonly attempt: number | undefined;
}

const DIRECT: Origin = { kind: 'call' };

/** Records an invocation's phases and reports each to the observers. Created only when there are observers. */
export class InvocationTrail implements ObservedInvocation {
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  readonly functionName: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly origin: Origin;
  readonly attempt: number;
  version: VersionNumber | undefined;
  sandboxId: SandboxId | undefined;
  readonly acceptedAt: EpochMs;
  queuedAt: EpochMs | undefined;
  boundAt: EpochMs | undefined;
  startedAt: EpochMs | undefined;
  settledAt: EpochMs | undefined;
  start: StartKind | undefined;
  initMs: number | undefined;
  durationMs: number | undefined;
  maxMemoryMiB = 0;
  outcome: ObservedOutcome | undefined;
  errorType: string | undefined;
  readonly #observers: Observers;
  readonly #clock: Clock;

  constructor(observers: Observers, clock: Clock, accepted: Accepted) {
    this.#observers = observers;
    this.#clock = clock;
    this.requestId = accepted.requestId;
    this.traceId = accepted.traceId;
    this.functionName = accepted.functionName;
    this.qualifier = accepted.qualifier;
    this.origin = accepted.origin ?? DIRECT;
    this.attempt = accepted.attempt ?? 1;
    this.acceptedAt = clock.now();
    observers.invocation('accepted', this);
  }

  queued(version: VersionNumber): void {
    this.version = version;
    this.queuedAt = this.#clock.now();
    this.#observers.invocation('queued', this);
  }

  /** `initMs`: of its sandbox; reported unless the start is warm. */
  bound({ id, revision }: LoggedSandbox, start: StartKind, initMs: number): void {
    this.sandboxId = id;
    this.version = revision.version;
    this.boundAt = this.#clock.now();
    this.start = start;
    this.#observers.invocation('bound', this);
    if (start === 'warm') return;
    this.initMs = initMs;
    this.#observers.invocation('init', this);
  }

  started(at: EpochMs): void {
    this.startedAt = at;
    this.#observers.invocation('started', this);
  }

  /** See {@link ObservedInvocation} for what each means. */
  settled(outcome: ObservedOutcome, errorType: string | undefined, durationMs: number | undefined): void {
    this.settledAt = this.#clock.now();
    this.outcome = outcome;
    this.errorType = errorType;
    this.durationMs = durationMs;
    this.#observers.invocation('settled', this);
  }
}
