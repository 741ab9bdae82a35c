/** How a planned run ended, or that it did not take place. */
export type ScheduleOutcome =
  | 'running'
  | 'succeeded'
  | 'failed'
  /** Left out because an earlier run had not finished. */
  | 'skipped'
  /** Its time passed while the schedule could not run, and it was not made up for; others may have been with it. */
  | 'missed';

/** One planned run of a schedule. */
export interface ScheduleRun {
  /** The planned time (milliseconds since the epoch). */
  readonly planned: number;
  /** When it was queued; absent for runs that did not take place. */
  readonly at?: number;
  readonly outcome: ScheduleOutcome;
  /** Id of the invocation. */
  readonly requestId?: string;
  /** Why it failed. */
  readonly why?: string;
}

/** What is shown of a schedule. */
export interface ScheduleView {
  /** When it runs, as in the short form: `every 5m`. */
  readonly when: string;
  /** Time of the next run, its jitter included (milliseconds since the epoch); null if there is none, or while it is paused. */
  readonly next: number | null;
  /** Runs that wait for an earlier one. */
  readonly waiting: number;
  /** Planned runs, newest first; the last {@link SCHEDULE_HISTORY}. */
  readonly history: readonly ScheduleRun[];
}

/** Number of planned runs of each schedule that are remembered. */
export const SCHEDULE_HISTORY = 20;
