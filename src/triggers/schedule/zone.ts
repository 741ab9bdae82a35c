import { nearest } from '../../kit/index.ts';

/** The zone of schedules that name none. */
export const DEFAULT_ZONE = 'UTC';

/** Whether `zone` is an IANA time zone (`Europe/Berlin`, `UTC`) that this machine knows. Offsets (`+02:00`) are not. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Whether a word of a schedule's text can only be meant as a time zone: `UTC`, or `Area/City`. */
export function looksLikeZone(word: string): boolean {
  return word === 'UTC' || /^[A-Za-z][A-Za-z_]+(?:\/[A-Za-z][\w+-]*)+$/.test(word);
}

/** The zone that was probably meant by an unknown one; {@link DEFAULT_ZONE} if none is similar. */
export function zoneMeant(zone: string): string {
  const zones = Intl.supportedValuesOf('timeZone');
  const city = zone.toLowerCase().replaceAll(' ', '_');
  const byCity = zones.find((known) => known.toLowerCase().endsWith(`/${city.slice(city.lastIndexOf('/') + 1)}`));
  return byCity ?? nearest(zone, zones) ?? DEFAULT_ZONE;
}
