import type { TriggerConfig, RequestId, TraceId, FunctionName, VersionNumber } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock, EpochMs } from '../kit/index.ts';

/** The running half of a kind. */
export interface TriggerStarter<C extends TriggerConfig = TriggerConfig> {
  /**
   * Starts a trigger; resolves once it listens to its source. May reject with any error, after releasing its resources;
   * the supervisor retries after a pause.
   */
  start(config: C, host: TriggerHost): Promise<RunningTrigger<C>>;
}

/** A running trigger. The supervisor calls one method at a time. */
export interface RunningTrigger<C extends TriggerConfig = TriggerConfig> {
  /**
   * Applies new settings without interruption. If absent or rejected, the trigger is stopped and started with them.
   */
  update?(config: C): Promise<void>;
  /**
   * Stops consuming from the source, then releases connections and timers. May wait in between until fired events have
   * settled, to acknowledge them; the daemon's shutdown waits for it within the drain time.
   */
  stop(): Promise<void>;
}

/** The daemon as a running trigger sees it. */
export interface TriggerHost {
  readonly functionName: FunctionName;
  /** Name of the trigger, unique among those of its kind and function. */
  readonly name: string;
  readonly clock: Clock;
  /** Aborted when the trigger is to stop, so that a pending start can end early. */
  readonly signal: AbortSignal;
  /** Starts an invocation of the live version. Never throws; `sink` may be called before this returns. */
  fire(event: FiredEvent, sink: TriggerSink): Firing;
  /** Announces a future event, so that a sandbox is warm at that time. */
  expect(at: EpochMs): void;
  /**
   * Reports a failure after the start, for instance a lost connection: the trigger is stopped, and restarted after a
   * pause.
   */
  failed(error: unknown): void;
}

/** An event as its source fires it. */
export interface FiredEvent {
  /** Idempotency id, the same at each attempt: a message id, the planned time of a schedule. */
  readonly id: string;
  /** Passed to the handler unchanged. */
  readonly event: Uint8Array;
  /** Attempt number, from 1 (default). */
  readonly attempt?: number;
  /** X-Ray trace header of the event; generated if absent. */
  readonly traceId?: TraceId;
}

/** A fired event with its function and trigger. */
export interface TriggerEvent extends FiredEvent {
  readonly functionName: FunctionName;
  /** Kind of the trigger. */
  readonly type: string;
  /** Name of the trigger. */
  readonly trigger: string;
  readonly attempt: number;
}

/** Receives the progress of a fired event. Exceptions are reported and otherwise ignored. */
export interface TriggerSink {
  /**
   * The handler may have begun. Called at most once, before `settled`; an event that has not started can be fired again
   * without running twice.
   */
  started?(at: EpochMs): void;
  /** Called exactly once. */
  settled(outcome: TriggerOutcome): void;
}

/** How an invocation ended. */
export type TriggerOutcome =
  | {
      readonly kind: 'success';
      readonly requestId: RequestId;
      readonly version: VersionNumber;
      readonly payload: Uint8Array;
    }
  | {
      readonly kind: 'function-error';
      readonly requestId: RequestId;
      readonly version: VersionNumber;
      readonly errorType: string;
      /** The error document. */
      readonly payload: Uint8Array;
    }
  /** Not run: throttled, cancelled, or the daemon stops. */
  | { readonly kind: 'refused'; readonly error: LamError };

/** An invocation that a trigger started. */
export interface Firing {
  /** Removes the invocation from the queue, so that it settles as refused; does not stop a running handler. */
  cancel(): void;
}

/**
 * Starts an invocation for an event and reports to `sink`. Never throws. All events without a direct caller come in
 * here; the composition root implements it.
 */
export type Deliver = (event: TriggerEvent, sink: TriggerSink) => Firing;
