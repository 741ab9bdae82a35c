import type { ShortItem } from '../../contract/index.ts';
import type { ScheduleTrigger } from './settings.ts';
import { looksLikeZone } from './zone.ts';

/** Expands an item of `schedules`: a text such as `0 3 * * * Europe/Berlin`, `every 5m` or `at 2027-01-31T09:00Z`, or a map. */
export function expandSchedule(item: ShortItem): ScheduleTrigger {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return { ...item, type: 'schedule' };
  // Lists are written with whatever values they have; the schema reports others than texts.
  const words = String(item).trim().split(/\s+/);
  const last = words.length > 1 ? words.at(-1) : undefined;
  const isZoned = last !== undefined && looksLikeZone(last);
  const [first, ...rest] = isZoned ? words.slice(0, -1) : words;
  const zone = isZoned ? { zone: last } : {};
  if (first === 'every') return { type: 'schedule', every: rest.join(' '), ...zone };
  if (first === 'at') return { type: 'schedule', at: rest.join(' '), ...zone };
  return { type: 'schedule', cron: [first, ...rest].join(' '), ...zone };
}

/** The item that stands for a schedule: a text if it has no other settings than when it runs. */
export function scheduleItem({ type: _type, ...settings }: ScheduleTrigger): ShortItem {
  const isTimingOnly = Object.keys(settings).every((key) => ['cron', 'every', 'at', 'zone'].includes(key));
  const text = timingText(settings);
  return isTimingOnly && isSame(expandSchedule(text), settings) ? text : settings;
}

/** When a schedule runs, in one line: `0 3 * * * Europe/Berlin`, `every 5m`, `at 2027-01-31T09:00Z`. */
export function timingText({ cron, every, at, zone }: Pick<ScheduleTrigger, 'cron' | 'every' | 'at' | 'zone'>): string {
  const parts = [
    ...(cron === undefined ? [] : [cron]),
    ...(every === undefined ? [] : [`every ${every}`]),
    ...(at === undefined ? [] : [`at ${at}`]),
    ...(zone === undefined ? [] : [zone]),
  ];
  return parts.join(' ');
}

function isSame(expanded: ScheduleTrigger, settings: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(settings);
  return Object.keys(expanded).length === keys.length + 1 && keys.every((key) => expanded[key] === settings[key]);
}
