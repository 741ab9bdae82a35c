import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseCron } from '../../src/triggers/schedule/cron.ts';
import { durationText, parseDuration } from '../../src/triggers/schedule/duration.ts';
import { scheduleFault } from '../../src/triggers/schedule/faults.ts';
import { cronPlan } from '../../src/triggers/schedule/run/cron-plan.ts';
import { dueOf } from '../../src/triggers/schedule/run/due.ts';
import { planOf } from '../../src/triggers/schedule/run/plan.ts';
import { lastIn, lastOnesIn, type Timetable } from '../../src/triggers/schedule/run/timetable.ts';
import { zoneOffsets } from '../../src/triggers/schedule/run/zone-offsets.ts';
import { expandSchedule, scheduleItem } from '../../src/triggers/schedule/text.ts';
import type { ScheduleTrigger } from '../../src/triggers/schedule/settings.ts';
import { ScheduleHouse } from '../support/schedule-house.ts';

const MINUTE = 60_000;
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Africa/Casablanca'];
const zone = fc.constantFrom(...ZONES);
const list = (max: number): fc.Arbitrary<string> =>
  fc.uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 3 }).map((values) => values.join(','));
/** Fixed hours, and expressions of every hour. */
const cron = fc.oneof(
  fc.tuple(list(59), list(23)).map(([minute, hour]) => `${minute} ${hour} * * *`),
  list(59).map((minute) => `${minute} * * * *`),
  fc.tuple(list(59), fc.integer({ min: 0, max: 6 })).map(([minute, day]) => `${minute} 2 * * ${day}`),
);
/** Around changes to and from summer time, and elsewhere. */
const instant = fc.oneof(
  fc
    .constantFrom('2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-10-03T15:30Z')
    .chain((at) => fc.integer({ min: -30 * 60, max: 30 * 60 }).map((minutes) => Date.parse(at) + minutes * MINUTE)),
  fc.integer({ min: 0, max: 60 * 24 * 365 * 30 }).map((minutes) => minutes * MINUTE),
);

/** What the documented rule says of `count` minutes after `from`, minute by minute. */
function byRule(expression: string, zoneName: string, from: number, count: number): readonly number[] {
  const parsed = parseCron(expression);
  assert.ok(!('fault' in parsed));
  const [, minutes = '', , , , days = ''] = parsed.canonical.split(' ');
  const zoneClock = zoneOffsets(zoneName);
  const matches = (wall: number): boolean => {
    const date = new Date(wall);
    const within = (set: string, value: number): boolean => set === '*' || set.split(',').includes(String(value));
    return (
      within(minutes, date.getUTCMinutes()) &&
      parsed.hours.includes(date.getUTCHours()) &&
      within(days, date.getUTCDay())
    );
  };
  const isHourly = parsed.hours.length === 24;
  const found: number[] = [];
  // The highest clock time shown so far; a day before suffices, as no zone here repeats more.
  let shown = -Infinity;
  for (let at = from - 1440 * MINUTE; at <= from + count * MINUTE; at += MINUTE) {
    const wall = at + zoneClock.offsetAt(at);
    const skipped: number[] = [];
    for (let one = shown + MINUTE; one < wall && shown !== -Infinity; one += MINUTE) skipped.push(one);
    const isDue = isHourly ? matches(wall) : (wall > shown && matches(wall)) || skipped.some(matches);
    if (isDue && at > from) found.push(at);
    shown = Math.max(shown, wall);
  }
  return found;
}

function listed(plan: Timetable, from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let at = plan.next(from); at !== undefined && at <= to; at = plan.next(at)) found.push(at);
  return found;
}

describe('planned times', () => {
  test('follow the rule of summer time, minute by minute', () =>
    fc.assert(
      fc.property(cron, zone, instant, (expression, zoneName, from) => {
        const count = 2 * 1440;
        assert.deepEqual(
          listed(cronPlan(expression, zoneName), from, from + count * MINUTE),
          byRule(expression, zoneName, from, count),
          `${expression} ${zoneName} ${new Date(from).toISOString()}`,
        );
      }),
      { numRuns: 40 },
    ));

  test('are the same whichever of them is asked for first', () =>
    fc.assert(
      fc.property(cron, zone, instant, fc.integer({ min: 1, max: 10_000 }), (expression, zoneName, from, later) => {
        const plan = cronPlan(expression, zoneName);
        const all = listed(plan, from, from + 20_000 * MINUTE);
        const within = from + later * MINUTE;
        assert.equal(plan.next(within), all.find((at) => at > within) ?? plan.next(from + 20_000 * MINUTE));
      }),
    ));

  test('are found from the end as by listing all of them', () =>
    fc.assert(
      fc.property(
        cron,
        zone,
        instant,
        fc.tuple(fc.nat({ max: 6000 }), fc.integer({ min: 1, max: 9 })),
        (expression, zoneName, from, [span, limit]) => {
          const plan = cronPlan(expression, zoneName);
          const to = from + span * MINUTE;
          const all = listed(plan, from, to);
          assert.equal(lastIn(plan, from, to), all.at(-1));
          assert.deepEqual(lastOnesIn(plan, { from, to }, limit), {
            instants: all.slice(-limit),
            isCut: all.length > limit,
          });
        },
      ),
    ));
});

describe('what is due', () => {
  test('is each planned time once over any sequence of wakes and downtimes, but for those dropped by policy', () =>
    fc.assert(
      fc.property(
        cron,
        fc.constantFrom('skip', 'once', 'all'),
        fc.array(fc.record({ minutes: fc.integer({ min: 0, max: 3000 }), isDown: fc.boolean() }), { maxLength: 12 }),
        (expression, policy, steps) => {
          const plan = cronPlan(expression, 'Europe/Berlin');
          const start = Date.parse('2026-03-28T12:00Z');
          let cursor = start;
          let now = start;
          const ran: number[] = [];
          for (const { minutes, isDown } of steps) {
            const before = now;
            now += minutes * MINUTE;
            const missedUntil = isDown ? now : before;
            const missed = { policy, limit: 1000 } as const;
            const due = dueOf({ plan, cursor, now, missedUntil, missed, delayOf: () => 0 });
            const passed = listed(plan, before, now);
            const expected = !isDown || policy === 'all' ? passed : policy === 'once' ? passed.slice(-1) : [];
            assert.deepEqual([...due.late, ...due.onTime], expected);
            assert.equal(due.isDropping, expected.length < passed.length);
            ran.push(...expected);
            cursor = due.cursor;
          }
          assert.equal(new Set(ran).size, ran.length);
        },
      ),
    ));
});

describe('a schedule', () => {
  test('runs no planned time twice, and all of them in order, over restarts and any setting of the clock', async () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.record({ what: fc.constant('run' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
            fc.record({ what: fc.constant('down' as const), seconds: fc.integer({ min: 0, max: 900 }) }),
            fc.record({ what: fc.constant('set' as const), seconds: fc.integer({ min: -5000, max: 5000 }) }),
          ),
          { maxLength: 10 },
        ),
        async (steps) => {
          const settings = { every: '1m', missed: 'all', missedLimit: 1000 };
          let house = new ScheduleHouse();
          await house.start(settings);
          const ran: string[] = [];
          const collect = async (): Promise<void> => {
            for (let id = await house.end(); id !== undefined; id = await house.end()) ran.push(id);
          };
          for (const { what, seconds } of steps) {
            if (what === 'set') house.clock.set(seconds * 1000);
            else if (what === 'run') await house.clock.advance(seconds * 1000);
            else {
              await collect();
              await house.kill();
              await house.clock.advance(seconds * 1000);
              house = new ScheduleHouse(house);
              await house.start(settings);
            }
            await house.clock.advance(10_000);
            await collect();
          }
          await house.kill();
          assert.deepEqual(ran, [...new Set(ran)].toSorted());
          const times = ran.map((id) => Date.parse(id));
          for (const [n, at] of times.entries()) if (n > 0) assert.equal(at - (times[n - 1] ?? 0), MINUTE);
        },
      ),
      { numRuns: 25 },
    ));
});

describe('texts of schedules', () => {
  test('have an example that is valid whenever they are refused, and never throw', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.stringMatching(/^[-*/,0-9A-Z#L?@ ()]{0,20}$/),
          fc.stringMatching(/^([-*/,0-9]{1,4} ){4}[-*,0-9A-Z#]{1,4}$/),
        ),
        (text) => {
          const parsed = parseCron(text);
          if ('fault' in parsed) assert.ok(!('fault' in parseCron(parsed.example)), parsed.example);
          else assert.doesNotThrow(() => planOf({ type: 'schedule', cron: text }).next(0));
          for (const settings of [
            expandSchedule(text),
            { type: 'schedule', at: text },
            { type: 'schedule', every: text },
          ] as const)
            scheduleFault(settings);
        },
      ),
    ));

  test('say the same in the short form', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          cron.map((text) => ({ cron: text })),
          fc.constantFrom({ every: '5m' }, { at: '2027-01-31T09:00' }),
        ),
        fc.option(fc.constantFrom('Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3'), {
          nil: undefined,
        }),
        fc.option(fc.json(), { nil: undefined }),
        (timing, zoneName, json) => {
          const config: ScheduleTrigger = {
            type: 'schedule',
            ...timing,
            ...(zoneName === undefined ? {} : { zone: zoneName }),
            ...(json === undefined ? {} : { event: JSON.parse(json) }),
          };
          assert.deepEqual(expandSchedule(scheduleItem(config)), config);
          assert.equal(typeof scheduleItem(config), json === undefined ? 'string' : 'object');
        },
      ),
    ));

  test('of durations are read as they are written', () =>
    fc.assert(fc.property(fc.nat(), (ms) => assert.equal(parseDuration(durationText(ms)), ms))));
});
