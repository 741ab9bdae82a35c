import type { TriggerConfig } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';

/** What runs triggers of one kind in the daemon. */
export interface TriggerRunner<C extends TriggerConfig = TriggerConfig> {
  /**
   * Starts a trigger; resolves when it is connected and listens. May throw anything: it is then tried again after a
   * pause. Leaves nothing behind when it throws.
   */
  start(config: C, host: TriggerHost): Promise<RunningTrigger<C>>;
}

/** A trigger that runs. Its methods are not called while one of them is under way. */
export interface RunningTrigger<C extends TriggerConfig = TriggerConfig> {
  /** Takes other settings without a break. Left out, or when it throws: it is stopped and started with them. */
  update?(config: C): Promise<void>;
  /** Fires no more and lets go of connections and timers. What it fired and was not settled stays its source's to repeat. */
  stop(): Promise<void>;
}

/** What a running trigger has of the daemon. */
export interface TriggerHost {
  readonly functionName: string;
  /** The trigger's name, unique among those of its kind and function. */
  readonly name: string;
  readonly clock: Clock;
  /** Starts an invocation of the live version. Never throws; `sink` may be told before this returns. */
  fire(event: FiredEvent, sink: TriggerSink): Firing;
  /** Tells the pool that it will fire at `at` (milliseconds since the epoch), so that a sandbox is ready by then. */
  expect(at: number): void;
  /** It has failed by itself, say a connection is lost: it is stopped, and started again after a pause. Idempotent. */
  failed(error: unknown): void;
}

/** What a source fires. */
export interface FiredEvent {
  /** The source's own identity of the event, the same each time it fires it again: `<message id>`, `<planned instant>`. */
  readonly id: string;
  /** Handed to the handler byte for byte. */
  readonly event: Uint8Array;
  /** 1 is the first, which it is by default. */
  readonly attempt?: number;
  /** X-Ray trace header that came with the event; otherwise one is made. */
  readonly traceId?: string;
}

/** A fired event with whose trigger fired it: all that {@link Deliver} needs. */
export interface TriggerEvent extends FiredEvent {
  readonly functionName: string;
  /** The trigger's kind. */
  readonly type: string;
  /** The trigger's name. */
  readonly trigger: string;
  readonly attempt: number;
}

/** Who fired, and hears what became of it. Neither method may throw. */
export interface TriggerSink {
  /** The handler is given the event now; at most once, never after `settled`. @param at milliseconds since the epoch */
  started?(at: number): void;
  /** It is over; called once. */
  settled(outcome: TriggerOutcome): void;
}

/** How an invocation ended. `refused`: it did not run, or it is not known whether it did; lam says why. */
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
  | { readonly kind: 'refused'; readonly error: LamError };

/** An invocation that a trigger started. */
export interface Firing {
  /** Takes it out of the queue, and it settles as refused; what runs is not stopped. */
  cancel(): void;
}

/** The one way in for events: starts an invocation and tells `sink`. Never throws; the composition root implements it. */
export type Deliver = (event: TriggerEvent, sink: TriggerSink) => Firing;
