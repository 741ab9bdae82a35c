import { nearest, type EpochMs } from '../../kit/index.ts';
import type { KindFault } from '../kind.ts';
import { parseCron } from './cron.ts';
import { durationText, parseDuration } from './duration.ts';
import { instantText, parseMoment } from './moment.ts';
import { LEAST_INTERVAL_MS, MOST_JITTER_MS, type ScheduleTrigger } from './settings.ts';
import { DEFAULT_ZONE, isZone, zoneMeant } from './zone.ts';

type Check = (config: ScheduleTrigger) => KindFault | undefined;

/** The first fault of a schedule that its schema cannot express. */
export function scheduleFault(config: ScheduleTrigger): KindFault | undefined {
  for (const check of CHECKS) {
    const fault = check(config);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The fault of a schedule that would never run from `now` on, because its only time is past. */
export function pastFault({ at, zone }: ScheduleTrigger, now: EpochMs): KindFault | undefined {
  const moment = at === undefined ? undefined : parseMoment(at);
  if (moment === undefined) return undefined;
  // A clock time is past for certain once no zone shows it any more.
  const instant = moment.kind === 'instant' ? moment.at : wallInstant(moment.at, zone ?? DEFAULT_ZONE);
  if (instant > now) return undefined;
  const tomorrow = instantText(Math.ceil((now + 86_400_000) / 3_600_000) * 3_600_000);
  return {
    key: 'at',
    fault: `is past: it is ${instantText(Math.floor(now / 1000) * 1000)} now; give a later time, for instance '${tomorrow}'`,
  };
}

/** The instant at which a zone's clock shows a time, within the hour of a change to or from summer time. */
function wallInstant(wall: number, zone: string): EpochMs {
  const offset = (at: EpochMs): number => {
    const shown = new Date(at).toLocaleString('sv-SE', { timeZone: zone });
    return Date.parse(`${shown.replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000;
  };
  return wall - offset(wall - offset(wall));
}

const CHECKS: readonly Check[] = [timingFault, cronFault, everyFault, atFault, zoneFault, jitterFault, limitFault];

function timingFault({ cron, every, at }: ScheduleTrigger): KindFault | undefined {
  const given = Object.entries({ cron, every, at }).filter(([, value]) => value !== undefined);
  if (given.length === 1) return undefined;
  const fault =
    given.length === 0
      ? "does not say when it runs; give one of cron, every and at, for instance cron: '0 3 * * *'"
      : `has ${given.map(([key]) => key).join(' and ')}; give only one of them`;
  return { key: given[1]?.[0] ?? 'type', fault };
}

function cronFault({ cron }: ScheduleTrigger): KindFault | undefined {
  if (cron === undefined) return undefined;
  const asRate = /^(?:rate\()?(\d+) *(second|minute|hour|day)s?\)?$/.exec(cron.trim());
  if (asRate !== null) {
    const [, amount, unit = ''] = asRate;
    return { key: 'cron', fault: `is an interval and not a cron expression; write 'every ${amount}${unit[0]}'` };
  }
  const parsed = parseCron(cron);
  return 'fault' in parsed ? { key: 'cron', fault: `${parsed.fault}; valid is '${parsed.example}'` } : undefined;
}

function everyFault({ every, zone }: ScheduleTrigger): KindFault | undefined {
  if (every === undefined) return undefined;
  const interval = parseDuration(every);
  if (interval === undefined)
    return {
      key: 'every',
      fault: `has the interval '${every}', which is not a duration; valid is '${durationMeant(every)}'`,
    };
  if (interval < LEAST_INTERVAL_MS)
    return { key: 'every', fault: `has the interval '${every}'; the shortest is '${durationText(LEAST_INTERVAL_MS)}'` };
  if (zone !== undefined)
    return {
      key: 'zone',
      fault: `has a zone, but the times of 'every' are the same in all zones; leave out the zone, or give the time of day there in place of 'every', for instance '0 3 * * * ${isZone(zone) ? zone : zoneMeant(zone)}'`,
    };
  return undefined;
}

/** The duration that was probably meant: `5 minutes` is `5m`. */
function durationMeant(text: string): string {
  const [, amount, unit] = /(\d+)\s*([a-zA-Z]+)?/.exec(text) ?? [];
  if (amount === undefined) return '5m';
  const units = ['days', 'hours', 'minutes', 'seconds', 'milliseconds'];
  const word =
    unit === undefined ? undefined : (units.find((u) => u.startsWith(unit.toLowerCase())) ?? nearest(unit, units));
  return `${amount}${word === 'milliseconds' ? 'ms' : (word?.[0] ?? 'm')}`;
}

function atFault({ at }: ScheduleTrigger): KindFault | undefined {
  if (at === undefined || parseMoment(at) !== undefined) return undefined;
  return { key: 'at', fault: `has the time '${at}', which is not a date and time; valid is '${momentMeant(at)}'` };
}

/** The date and time that was probably meant, with parts out of range clamped. */
function momentMeant(text: string): string {
  const numbers = (text.match(/\d+/g) ?? []).map(Number);
  const [year = 0, month = 1, day = 1, hour = 9, minute = 0] = numbers;
  if (year < 1970 || year > 9999) return '2030-01-31T09:00:00Z';
  const clamp = (value: number, least: number, most: number): string =>
    String(Math.min(Math.max(value, least), most)).padStart(2, '0');
  const lastDay = new Date(Date.UTC(year, Number(clamp(month, 1, 12)), 0)).getUTCDate();
  const date = `${year}-${clamp(month, 1, 12)}-${clamp(day, 1, lastDay)}`;
  return `${date}T${clamp(hour, 0, 23)}:${clamp(minute, 0, 59)}:00Z`;
}

function zoneFault({ zone }: ScheduleTrigger): KindFault | undefined {
  if (zone === undefined || isZone(zone)) return undefined;
  return { key: 'zone', fault: `has the time zone '${zone}', which does not exist; valid is '${zoneMeant(zone)}'` };
}

function jitterFault({ jitter, every }: ScheduleTrigger): KindFault | undefined {
  if (jitter === undefined) return undefined;
  const spread = parseDuration(jitter);
  if (spread === undefined)
    return {
      key: 'jitter',
      fault: `has the jitter '${jitter}', which is not a duration; valid is '${durationMeant(jitter)}'`,
    };
  const most = Math.min(MOST_JITTER_MS, (every === undefined ? undefined : parseDuration(every)) ?? MOST_JITTER_MS);
  return spread <= most
    ? undefined
    : { key: 'jitter', fault: `has the jitter '${jitter}'; the longest here is '${durationText(most)}'` };
}

function limitFault({ missed, missedLimit }: ScheduleTrigger): KindFault | undefined {
  return missedLimit === undefined || missed === 'all'
    ? undefined
    : { key: 'missedLimit', fault: "has a missedLimit, which counts only with 'missed: all'" };
}
