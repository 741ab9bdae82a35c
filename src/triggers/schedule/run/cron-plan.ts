import { Cron } from 'croner';
import { invariant, type EpochMs } from '../../../kit/index.ts';
import { parseCron } from '../cron.ts';
import type { WallMs } from '../moment.ts';
import type { Timetable } from './timetable.ts';
import { TRANSITION_MS, zoneOffsets, type ZoneOffsets } from './zone-offsets.ts';

const plans = new Map<string, Timetable>();
/** Plans beyond this number are made again. */
const MOST_PLANS = 1000;

/**
 * Returns the plan of a cron expression in a zone. Equal ones share a plan, which remembers its last answer: thousands of
 * schedules at one instant compute the next one once.
 *
 * Where a zone's clock jumps, an expression that covers every hour follows elapsed time: it runs at each time that the
 * clock shows, in both passes of a repeated hour. Any other runs once per clock time: times that the clock skips run once,
 * together, at the moment of the jump, and those that it shows twice only the first time.
 */
export function cronPlan(expression: string, zone: string): Timetable {
  const key = `${zone} ${expression}`;
  const known = plans.get(key);
  if (known !== undefined) return known;
  if (plans.size >= MOST_PLANS) plans.clear();
  const plan = remembering(new CronPlan(expression, zoneOffsets(zone)));
  plans.set(key, plan);
  return plan;
}

/** Answers that a plan remembers: those for the time just passed, the one before and the one after it. */
const REMEMBERED = 4;

function remembering(plan: Timetable): Timetable {
  const answers: { readonly after: EpochMs; readonly next: EpochMs | undefined }[] = [];
  return {
    next: (after) => {
      // An answer holds for all times up to the one that it names.
      const known = answers.find((answer) => after >= answer.after && after < (answer.next ?? Infinity));
      if (known !== undefined) return known.next;
      const next = plan.next(after);
      answers.unshift({ after, next });
      answers.length = Math.min(answers.length, REMEMBERED);
      return next;
    },
  };
}

/** Clock times come from croner, in UTC; where they are on the line of time is decided here. */
class CronPlan implements Timetable {
  readonly #cron: Cron;
  readonly #zone: ZoneOffsets;
  readonly #isHourly: boolean;

  constructor(expression: string, zone: ZoneOffsets) {
    const parsed = parseCron(expression);
    invariant(!('fault' in parsed), `the cron expression '${expression}' was checked`);
    this.#cron = new Cron(parsed.canonical, { utcOffset: 0, paused: true });
    this.#zone = zone;
    this.#isHourly = parsed.hours.length === 24;
  }

  next(after: EpochMs): EpochMs | undefined {
    const zone = this.#zone;
    let at = after;
    let offset = zone.offsetAt(at);
    let floor = this.#floorAt(at, offset);
    for (;;) {
      const wall = this.#nextWall(floor);
      if (wall === undefined) return undefined;
      const candidate = wall - offset;
      const near = Math.min(candidate, at + TRANSITION_MS);
      const jump = zone.transitionIn(at, near);
      if (jump === undefined) {
        if (candidate === near) return candidate;
        // No clock time matches before `wall`, so instants well before it can be passed over.
        at = Math.max(near, candidate - TRANSITION_MS);
        offset = zone.offsetAt(at);
        floor = this.#floorAt(at, offset);
        continue;
      }
      const before = offset;
      offset = zone.offsetAt(jump);
      if (!this.#isHourly && wall < jump + offset) return jump;
      at = jump;
      floor = (this.#isHourly ? jump + offset : jump + Math.max(before, offset)) - 1;
    }
  }

  /** The latest clock time that counts as passed at an instant. */
  #floorAt(at: EpochMs, offset: number): WallMs {
    if (this.#isHourly) return at + offset;
    const jump = this.#zone.transitionIn(at - TRANSITION_MS, at);
    // After a jump back, clock times up to that of the jump have been shown before.
    return jump === undefined ? at + offset : Math.max(at + offset, jump + this.#zone.offsetAt(at - TRANSITION_MS) - 1);
  }

  #nextWall(floor: WallMs): WallMs | undefined {
    return this.#cron.nextRun(new Date(floor))?.getTime();
  }
}
