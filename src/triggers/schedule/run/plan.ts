import type { EpochMs } from '../../../kit/index.ts';
import { parseDuration } from '../duration.ts';
import { parseMoment } from '../moment.ts';
import type { ScheduleTrigger } from '../settings.ts';
import { DEFAULT_ZONE } from '../zone.ts';
import { cronPlan } from './cron-plan.ts';
import type { Timetable } from './timetable.ts';
import { zoneOffsets } from './zone-offsets.ts';

/** Returns the plan of a schedule whose settings have no fault. */
export function planOf({ cron, every, at, zone = DEFAULT_ZONE }: ScheduleTrigger): Timetable {
  if (cron !== undefined) return cronPlan(cron, zone);
  if (every !== undefined) return everyPlan(parseDuration(every) ?? Number.NaN);
  return oncePlan(instantOf(at ?? '', zone));
}

/** Multiples of the interval since 1970, so that a restart does not shift them and all daemons agree on them. */
function everyPlan(intervalMs: number): Timetable {
  return { next: (after) => (Math.floor(after / intervalMs) + 1) * intervalMs };
}

function oncePlan(at: EpochMs): Timetable {
  return { next: (after) => (at > after ? at : undefined) };
}

/** The instant of a moment in a zone: the first of two with the same clock time, the end of a gap for one inside it. */
function instantOf(text: string, zone: string): EpochMs {
  const moment = parseMoment(text);
  if (moment === undefined) return Number.NaN;
  return moment.kind === 'instant' ? moment.at : zoneOffsets(zone).instantOf(moment.at);
}
