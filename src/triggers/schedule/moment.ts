/** Wall-clock time (ms): what a clock in some zone shows, as if it were UTC. */
export type WallMs = number;

/** A time that names its offset from UTC, or one of a clock in the schedule's zone. */
export type Moment = { readonly kind: 'instant'; readonly at: number } | { readonly kind: 'wall'; readonly at: WallMs };

const FORM = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Parses an ISO 8601 date and time, `2027-01-31T09:00` in the schedule's zone or with an offset (`Z`, `+01:00`); returns
 * undefined for other texts and for dates that do not exist.
 */
export function parseMoment(text: string): Moment | undefined {
  const match = FORM.exec(text);
  const wall = match === null ? undefined : wallOf(match);
  if (wall === undefined) return undefined;
  const zone = match?.[8];
  if (zone === undefined) return { kind: 'wall', at: wall };
  const offset = offsetOf(zone);
  return offset === undefined ? undefined : { kind: 'instant', at: wall - offset };
}

function wallOf(match: RegExpExecArray): WallMs | undefined {
  const numbers = match.slice(1, 7).map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? '').padEnd(3, '0')));
  const date = new Date(wall);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? wall : undefined;
}

/** Offset from UTC (ms). */
function offsetOf(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Writes an instant as ISO 8601 without milliseconds that are zero: `2027-01-31T09:00:00Z`. */
export function instantText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
