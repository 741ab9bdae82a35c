import type { TriggerConfig } from '../../contract/index.ts';

/** What becomes of planned runs that passed while the daemon did not run or the machine slept. */
export type MissedPolicy = 'skip' | 'once' | 'all';
/** What happens when a run is due while an earlier one has not finished. */
export type OverlapPolicy = 'allow' | 'queue' | 'skip';

export const MISSED_POLICIES: readonly MissedPolicy[] = ['skip', 'once', 'all'];
export const OVERLAP_POLICIES: readonly OverlapPolicy[] = ['allow', 'queue', 'skip'];

/** A schedule: one of `cron`, `every` and `at` says when it runs. */
export interface ScheduleTrigger extends TriggerConfig {
  readonly type: 'schedule';
  readonly cron?: string;
  readonly every?: string;
  readonly at?: string;
  /** IANA zone of `cron` and `at`. */
  readonly zone?: string;
  /** Event of each run; by default one that names the schedule and the planned time. */
  readonly event?: unknown;
  readonly jitter?: string;
  readonly missed?: MissedPolicy;
  /** Most missed runs that are made up for, with `missed: all`. */
  readonly missedLimit?: number;
  readonly overlap?: OverlapPolicy;
}

/** Values of settings that an entry does not have. */
export const SCHEDULE_DEFAULTS = { missed: 'once', missedLimit: 100, overlap: 'allow' } as const;

/** Shortest interval of `every` (ms). */
export const LEAST_INTERVAL_MS = 1000;
/** Longest jitter (ms). */
export const MOST_JITTER_MS = 24 * 3_600_000;
/** Most runs that wait for an earlier one with `overlap: queue`. */
export const MOST_WAITING = 100;
