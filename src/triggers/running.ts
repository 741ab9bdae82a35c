import type { TriggerConfig } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock, EpochMs } from '../kit/index.ts';

/** What runs triggers of one kind in the daemon. */
export interface TriggerStarter<C extends TriggerConfig = TriggerConfig> {
  /**
   * Starts a trigger; resolves once it listens to its source. May reject with anything: the supervisor tries again
   * after a pause. Leaves nothing behind when it rejects.
   */
  start(config: C, host: TriggerHost): Promise<RunningTrigger<C>>;
}

/** A trigger that runs. The supervisor calls one method at a time. */
export interface RunningTrigger<C extends TriggerConfig = TriggerConfig> {
  /**
   * Takes new settings without a break. Where it is left out, or rejects, the trigger is stopped and started with them.
   */
  update?(config: C): Promise<void>;
  /**
   * Takes nothing more from the source, then releases connections and timers. May first wait for what it fired to
   * settle, so that it can acknowledge it; the daemon's stop waits for it as long as for running invocations.
   */
  stop(): Promise<void>;
}

/** What a running trigger has of the daemon. */
export interface TriggerHost {
  readonly functionName: string;
  /** The trigger's name, unique among those of its kind and function. */
  readonly name: string;
  readonly clock: Clock;
  /** Aborted when the trigger is not wanted any more, so that a start under way can end early. */
  readonly signal: AbortSignal;
  /** Starts an invocation of the live version. Never throws; `sink` may be told before this returns. */
  fire(event: FiredEvent, sink: TriggerSink): Firing;
  /** Announces that it will fire at `at`, so that a sandbox is warm by then. */
  expect(at: EpochMs): void;
  /**
   * Reports that it failed after its start, say by a lost connection: it is stopped, and started again after a pause.
   */
  failed(error: unknown): void;
}

/** What a source fires. */
export interface FiredEvent {
  /** The source's identity of the event, the same at each attempt: a message id, the planned instant of a schedule. */
  readonly id: string;
  /** Handed to the handler byte for byte. */
  readonly event: Uint8Array;
  /** 1, the default, is the first. */
  readonly attempt?: number;
  /** X-Ray trace header that came with the event; by default one is made. */
  readonly traceId?: string;
}

/** A fired event, and which trigger of which function fired it. */
export interface TriggerEvent extends FiredEvent {
  readonly functionName: string;
  /** The trigger's kind. */
  readonly type: string;
  /** The trigger's name. */
  readonly trigger: string;
  readonly attempt: number;
}

/** Told what became of a fired event. */
export interface TriggerSink {
  /**
   * The handler may have begun. At most once, before `settled`. Until then the event may be fired again without running
   * twice.
   */
  started?(at: EpochMs): void;
  /** Called once, at the end. */
  settled(outcome: TriggerOutcome): void;
}

/** How an invocation ended. */
export type TriggerOutcome =
  | { readonly kind: 'success'; readonly requestId: string; readonly version: number; readonly payload: Uint8Array }
  | {
      readonly kind: 'function-error';
      readonly requestId: string;
      readonly version: number;
      readonly errorType: string;
      /** The error document. */
      readonly payload: Uint8Array;
    }
  /** It was not run: the function's limits, a stop of the daemon, a cancellation. */
  | { readonly kind: 'refused'; readonly error: LamError };

/** An invocation that a trigger started. */
export interface Firing {
  /** Takes it out of the queue, and it settles as refused; a handler that runs is not stopped. */
  cancel(): void;
}

/**
 * The one way in for events: starts an invocation and tells `sink`. Never throws. The composition root implements it.
 */
export type Deliver = (event: TriggerEvent, sink: TriggerSink) => Firing;
