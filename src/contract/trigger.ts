import type { RequestId } from './ids.ts';
import type { FunctionName, VersionNumber } from './names.ts';

/**
 * A declared trigger, which invokes its function without a direct caller: its kind and the kind's settings, as JSON.
 */
export interface TriggerConfig {
  /** The kind, for instance `http`. */
  readonly type: string;
  /** Unique among the function's triggers of this kind; by default the kind derives it from the settings. */
  readonly name?: string;
  readonly [setting: string]: unknown;
}

/** An item of a short form: a text, or the settings of a trigger without its type. */
export type ShortItem = string | Readonly<Record<string, unknown>>;

/** Short forms in lam.yaml and `lam config set`; each stands for triggers of one kind. */
export interface ShortForms {
  /** Triggers of type `http`, each as `METHOD /path/{param}/{rest+}`, or a map with such a `route` and its options. */
  readonly routes?: readonly ShortItem[];
  /** Triggers of type `schedule`, each as `0 3 * * * ZONE`, `every 5m` or `at TIME`, or a map with options. */
  readonly schedules?: readonly ShortItem[];
}

/** State of a trigger that the daemon runs. */
export interface TriggerState {
  readonly type: string;
  readonly name: string;
  /** `retrying`: its start failed or it failed later; it is started again after a pause. */
  readonly state: 'starting' | 'running' | 'retrying' | 'paused';
  /** When it entered this state (milliseconds since the epoch); `retrying` begins with the first failure. */
  readonly since: number;
  /** Error message behind `retrying`. */
  readonly cause?: string;
  /** What to do about it, where lam's catalogue of errors says so. */
  readonly hint?: string;
  /** Messages that wait at the source, without those the daemon holds. */
  readonly lag?: number;
  /** The same by part of the source, such as a partition. */
  readonly lags?: Readonly<Record<string, number>>;
  /** What it did; absent in states of daemons that did not count it. */
  readonly counts?: TriggerCounts;
}

/** What a trigger did with messages, or with events that it queued, since the daemon started it. */
export interface TriggerCounts {
  /** Taken from the source, or queued. */
  readonly received: number;
  /** Acknowledged without a run: no filter matched, or it was a copy. */
  readonly filtered: number;
  /** Requests to a webhook that were refused: a missing, wrong or old signature, a body that is too long. */
  readonly refused: number;
  /** Handled and acknowledged. */
  readonly succeeded: number;
  /** Failed attempts. */
  readonly failed: number;
  /** Further attempts. */
  readonly retried: number;
  /** Given up: moved to the dead letters or handed to a destination. */
  readonly dead: number;
  /** Batches that run now; queued events that have not ended. */
  readonly running: number;
  /** Messages that are neither acknowledged nor dead now. */
  readonly held: number;
}

/** What is counted of a trigger. */
export type TriggerPhase = Exclude<keyof TriggerCounts, 'running' | 'held'>;

/** A trigger that the daemon runs, with its function and settings. */
export interface TriggerDetail extends TriggerState {
  readonly functionName: FunctionName;
  readonly config: TriggerConfig;
  /** What its kind shows of it, if anything: for type `schedule` a {@link ScheduleView}. */
  readonly view?: unknown;
}

/** What became of an event that tested a trigger. */
export interface TriggerTest {
  readonly outcome: 'success' | 'function-error' | 'filtered';
  /** What the function was given; what was offered, if it was filtered. */
  readonly event: unknown;
  /** Records that no filter of the trigger let pass. */
  readonly filtered: number;
  readonly requestId?: RequestId;
  readonly version?: VersionNumber;
  /** The answer or the error document: its JSON, or its text. */
  readonly payload?: unknown;
}
