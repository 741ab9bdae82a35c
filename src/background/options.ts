import type { DeadReason, FunctionName, VersionNumber } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { InvocationQueue, LeasedEvent, QueuedEvent } from '../queue/index.ts';
import type { RetrySettings } from './retry-policy.ts';

/** What background invocations need to know of a function. */
export interface BackgroundSettings extends RetrySettings {
  /** Invocations that may run at the same time. */
  readonly maxConcurrency: number;
  /** Invocations that its limits admit now; absent for any number. */
  readonly room?: number;
  /** Those that its rate alone admits now, of which no more are leased ahead; absent for any number. */
  readonly tokens?: number;
}

/** How an invocation ended whose handler began or whose init failed. */
export interface BackgroundAnswer {
  /** Absent if no function ran. */
  readonly version?: VersionNumber;
  readonly status: string;
  readonly errorType: string | undefined;
  readonly payload: Uint8Array;
  readonly durationMs: number;
  /** End of its log. */
  readonly tail: string | undefined;
}

/** How an event ended for good; without `answer` it failed and its last attempt did not run. */
export interface FinishedEvent {
  readonly event: LeasedEvent;
  /** Attempts that ended, the last one included. */
  readonly attempts: number;
  /** Why it failed; undefined for a success. */
  readonly reason: DeadReason | undefined;
  readonly answer: BackgroundAnswer | undefined;
}

/** Receives the progress of an invocation; either `answered` or `failed` is called, once. */
export interface BackgroundSink {
  started(): void;
  answered(answer: BackgroundAnswer): void;
  /** It could not be run. */
  failed(error: LamError): void;
}

/** Starts an invocation of an event. Never throws. */
export type RunEvent = (event: LeasedEvent, sink: BackgroundSink) => { cancel(): void };

export interface BackgroundOptions {
  readonly queue: InvocationQueue;
  readonly clock: Clock;
  readonly run: RunEvent;
  /** Undefined if there is no such function. */
  readonly settingsOf: (functionName: FunctionName) => BackgroundSettings | undefined;
  /** Events that are queued together with the end of an event. */
  readonly followUpsOf?: (finished: FinishedEvent) => readonly QueuedEvent[];
  /** Told what happens to events. */
  readonly onPhase?: (event: LeasedEvent, phase: 'run' | 'succeeded' | 'failed' | 'retried' | 'dead') => void;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly onTrouble: (what: string) => void;
}
