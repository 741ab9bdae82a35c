import type { EpochMs } from '../../../kit/index.ts';
import type { MissedPolicy } from '../settings.ts';
import { lastIn, lastOnesIn, type Timetable } from './timetable.ts';

/** A running schedule's instants later than this are missed ones: the machine slept, or its clock was set forward (ms). */
export const LATE_MS = 60_000;
/**
 * If the clock was set back by more than this (ms), the schedule starts anew from the time it shows; below, it waits until
 * the clock is where it was, so that nothing runs twice. cron (Debian's) has the same limit.
 */
export const SET_BACK_MS = 3 * 3_600_000;

/** How a schedule makes up for instants that it missed. */
export interface MissedRule {
  readonly policy: MissedPolicy;
  /** With `all`: the most that are run, the last ones. */
  readonly limit: number;
}

/** A question for {@link dueOf}. */
export interface DueQuery {
  readonly plan: Timetable;
  /** The last planned instant that was dealt with. */
  readonly cursor: EpochMs;
  readonly now: EpochMs;
  /** Instants up to this one count as missed. */
  readonly missedUntil: EpochMs;
  readonly missed: MissedRule;
  /** How much later than planned the run of an instant starts (ms). */
  readonly delayOf: (planned: EpochMs) => number;
}

/** What is due. */
export interface Due {
  /** Missed instants that are made up for, ascending. */
  readonly late: readonly EpochMs[];
  /** Instants that are due now, ascending, after all of `late`. */
  readonly onTime: readonly EpochMs[];
  /** Whether missed instants are dropped, by the policy or its limit. */
  readonly isDropping: boolean;
  /** The cursor once these have been dealt with. */
  readonly cursor: EpochMs;
}

/** Returns what is due at `now` and was not dealt with before. Pure. */
export function dueOf({ plan, cursor, now, missedUntil, missed, delayOf }: DueQuery): Due {
  const until = Math.min(missedUntil, now);
  const { late, isDropping } = lateOf(plan, { from: cursor, to: until }, missed);
  const onTime: EpochMs[] = [];
  const isDue = (at: EpochMs | undefined): at is EpochMs => at !== undefined && at + delayOf(at) <= now;
  for (let at = plan.next(Math.max(cursor, until)); isDue(at); at = plan.next(at)) onTime.push(at);
  return { late, onTime, isDropping, cursor: Math.max(cursor, until, onTime.at(-1) ?? cursor) };
}

function lateOf(
  plan: Timetable,
  range: { readonly from: EpochMs; readonly to: EpochMs },
  { policy, limit }: MissedRule,
): Pick<Due, 'late' | 'isDropping'> {
  const first = range.from < range.to ? plan.next(range.from) : undefined;
  if (first === undefined || first > range.to) return { late: [], isDropping: false };
  if (policy === 'skip') return { late: [], isDropping: true };
  if (policy === 'all') {
    const { instants, isCut } = lastOnesIn(plan, range, limit);
    return { late: instants, isDropping: isCut };
  }
  const last = lastIn(plan, range.from, range.to) ?? first;
  return { late: [last], isDropping: first < last };
}
