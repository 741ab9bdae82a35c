import type { EpochMs } from '../../../kit/index.ts';
import type { WallMs } from '../moment.ts';

/** No zone has ever changed its offset by more than this, or twice within it (ms). */
export const TRANSITION_MS = 26 * 3_600_000;

/** The clock of a time zone. */
export interface ZoneOffsets {
  /** Difference between clock time and UTC at an instant (ms). */
  offsetAt(at: EpochMs): number;
  /** The first instant in (`from`, `to`] with another offset than `from`. At most {@link TRANSITION_MS} apart. */
  transitionIn(from: EpochMs, to: EpochMs): EpochMs | undefined;
  /** The first instant at which the clock shows `wall` or, if it skips that time, the instant at which it does. */
  instantOf(wall: WallMs): EpochMs;
}

const zones = new Map<string, ZoneOffsets>();

/** Returns the clock of an IANA zone. Throws a RangeError for an unknown one. */
export function zoneOffsets(zone: string): ZoneOffsets {
  const known = zones.get(zone) ?? new IntlOffsets(zone);
  zones.set(zone, known);
  return known;
}

class IntlOffsets implements ZoneOffsets {
  readonly #format: Intl.DateTimeFormat;
  /** Schedules of the same instant ask for the same offsets. */
  #last: { readonly at: EpochMs; readonly offset: number } | undefined;

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' });
  }

  offsetAt(at: EpochMs): number {
    // Offsets change at whole minutes only.
    const minute = Math.floor(at / 60_000) * 60_000;
    if (this.#last?.at === minute) return this.#last.offset;
    const [, sign, hours = 0, minutes = 0, seconds = 0] =
      /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(this.#format.format(minute)) ?? [];
    const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1000 : 1000);
    this.#last = { at: minute, offset };
    return offset;
  }

  transitionIn(from: EpochMs, to: EpochMs): EpochMs | undefined {
    const before = this.offsetAt(from);
    if (this.offsetAt(to) === before) return undefined;
    let low = from;
    let high = to;
    while (high - low > 1) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  instantOf(wall: WallMs): EpochMs {
    const [before, after] = [this.offsetAt(wall - TRANSITION_MS), this.offsetAt(wall + TRANSITION_MS)];
    const matching = [wall - before, wall - after].filter((at) => at + this.offsetAt(at) === wall);
    if (matching.length > 0) return Math.min(...matching);
    return this.transitionIn(wall - TRANSITION_MS, wall + TRANSITION_MS) ?? wall - after;
  }
}
