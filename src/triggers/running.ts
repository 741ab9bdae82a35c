import type {
  Arns,
  FunctionName,
  RequestId,
  TraceId,
  TriggerConfig,
  TriggerCounts,
  TriggerPhase,
  TriggerState,
  VersionNumber,
} from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock, EpochMs } from '../kit/index.ts';

/** The running half of a kind. */
export interface TriggerStarter<C extends TriggerConfig = TriggerConfig> {
  /**
   * Starts a trigger; resolves once it listens to its source. May reject with any error, after releasing its resources;
   * the supervisor retries after a pause.
   */
  start(config: C, host: TriggerHost): Promise<RunningTrigger<C>>;
  /** Returns what is shown of a trigger, running or paused, as JSON. */
  view?(config: C, about: TriggerAbout): unknown;
  /** Returns the event of a run that a user asks for. Absent in kinds whose events only a source can make. */
  eventNow?(config: C, about: TriggerAbout): DurableEvent;
  /**
   * Returns what a test gives to the function: what is left of `given`, or of a sample if that is undefined, behind the
   * filters. Uses nothing but its arguments. Throws `LAM_TRIGGERS_BAD_EVENT` for what is not an event of the kind.
   */
  trial?(config: C, about: TriggerAbout, given: unknown): Trial;
}

/** An event of a test of a trigger. */
export interface Trial {
  /** What the function is given; all that came, if nothing is left of it. */
  readonly event: unknown;
  /** Records that no filter let pass. */
  readonly filtered: number;
  /** Whether nothing is left for the function. */
  readonly isFiltered: boolean;
}

/** A trigger that may be paused, as its kind sees it. */
export type TriggerAbout = Pick<TriggerHost, 'functionName' | 'name' | 'clock' | 'arns'> & {
  readonly kept: Pick<KeptState, 'get' | 'set'>;
  readonly isPaused: boolean;
};

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
  /** What is shown of it besides its state. */
  report?(): TriggerReport;
}

/** What is so now at a running trigger. `running` and `held` are added to what the supervisor knows of queued events. */
export type TriggerReport = Pick<TriggerState, 'lag' | 'lags'> & Partial<Pick<TriggerCounts, 'running' | 'held'>>;

/** The daemon as a running trigger sees it. */
export interface TriggerHost {
  readonly functionName: FunctionName;
  /** Name of the trigger, unique among those of its kind and function. */
  readonly name: string;
  readonly clock: Clock;
  /** For events of the form of AWS's. */
  readonly arns: Arns;
  /** The daemon's own folder, which no trigger may read or write. */
  readonly home: string;
  /** What the trigger keeps over restarts of the daemon. */
  readonly kept: KeptState;
  /**
   * When the trigger was resumed after its last pause; undefined if it never was. What happened at its source before was
   * not to be handled.
   */
  readonly resumedAt: EpochMs | undefined;
  /** When these settings of the trigger went live, or the daemon started. */
  readonly liveSince: EpochMs;
  /** Aborted when the trigger is to stop, so that a pending start can end early. */
  readonly signal: AbortSignal;
  /** Starts an invocation of the live version. Never throws; `sink` may be called before this returns. */
  fire(event: FiredEvent, sink: TriggerSink): Firing;
  /**
   * Queues an event for the function, which runs it in the background, at least once, with its retries: for sources that
   * do not keep an event until it has run. Resolves once the event is durable. Idempotent by the event's id. Rejects
   * with the error of the queue, and then nothing was queued, or `LAM_TRIGGERS_STOPPED`.
   */
  enqueue(event: DurableEvent, ended?: EventEnded): Promise<EnqueueOutcome>;
  /**
   * Follows an event that was queued before, also by an earlier daemon. Resolves to false, and does not call `ended`, if
   * the queue does not know it (any more). Rejects with the error of the queue.
   */
  follow(id: string, ended: EventEnded): Promise<boolean>;
  /** Id of the invocation that an event of this id becomes. */
  requestIdOf(id: string): RequestId;
  /**
   * Value of a variable of the function's environment in its live version, for credentials; undefined if there is none.
   */
  variable(name: string): string | undefined;
  /**
   * Receives the requests at a path of the HTTP port, until the returned function is called or the trigger is stopped.
   */
  receive(path: string, receiver: WebhookReceiver): () => void;
  /**
   * Counts messages, in kinds that take them from a source and fire events. What becomes of queued events is counted
   * without it.
   */
  count(phase: TriggerPhase, count?: number): void;
  /** Announces a future event, so that a sandbox is warm at that time. */
  expect(at: EpochMs): void;
  /**
   * Reports a failure after the start, for instance a lost connection: the trigger is stopped, and restarted after a
   * pause.
   */
  failed(error: unknown): void;
}

/** A request to a webhook. */
export interface WebhookRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** Address of the client. */
  readonly sourceIp: string;
}

/** The answer to a request to a webhook. */
export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers requests. Rejects with an error of the catalogue for those that are refused. */
export type WebhookReceiver = (request: WebhookRequest) => Promise<WebhookAnswer>;

/** What a trigger keeps, as JSON, over restarts and pauses, until it is removed from its function. */
export interface KeptState {
  /** Returns the last value that was given to `set`; undefined before. */
  get(): unknown;
  /** Replaces the value. It is durable within a second; a failure is reported, and the next call tries again. */
  set(value: unknown): void;
  /** Further values, each kept by itself: for what is too much to be written as a whole with each change. */
  readonly entries: KeptEntries;
  /** Resolves when all changes so far are durable, or it was reported that they are not. */
  settled(): Promise<void>;
}

/** Texts that a trigger keeps by name, as durably as its value. */
export interface KeptEntries {
  /** All of them, as read when it is called. Takes time in proportion to what all triggers keep. */
  all(): ReadonlyMap<string, string>;
  /** Sets a text, or removes it if undefined. */
  set(name: string, text: string | undefined): void;
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

/** An event to be queued; its attempts are counted by the queue. */
export interface DurableEvent extends Omit<FiredEvent, 'attempt'> {
  /** Earliest start; default: now. */
  readonly notBefore?: EpochMs;
}

/** `known`: an event of this trigger with this id was queued before, and this one was ignored. */
export type EnqueueOutcome = 'accepted' | 'known';

/** How the invocation of a queued event ended, after its last attempt. */
export interface DurableEnd {
  readonly isSuccess: boolean;
  /** Error type of the last attempt, or why there was none. */
  readonly why?: string;
}

/** Called once when the invocation of a queued event has ended, unless the trigger was stopped before. */
export type EventEnded = (end: DurableEnd) => void;

/** A durable event with its function and trigger. */
export interface DurableTriggerEvent extends DurableEvent {
  readonly functionName: FunctionName;
  /** Kind of the trigger. */
  readonly type: string;
  /** Name of the trigger. */
  readonly trigger: string;
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

/** Implements {@link TriggerHost.enqueue} for all triggers; the composition root provides it. */
export type EnqueueEvent = (event: DurableTriggerEvent, ended?: EventEnded) => Promise<EnqueueOutcome>;

/** Identifies an event among those of all triggers. */
export type EventIdentity = Pick<DurableTriggerEvent, 'functionName' | 'type' | 'trigger' | 'id'>;

/** Implements {@link TriggerHost.follow} for all triggers; the composition root provides it. */
export type FollowEvent = (event: EventIdentity, ended: EventEnded) => Promise<boolean>;
