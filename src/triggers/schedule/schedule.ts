import type { TriggerKind } from '../kind.ts';
import { pastFault, scheduleFault } from './faults.ts';
import {
  MISSED_POLICIES,
  MOST_WAITING,
  OVERLAP_POLICIES,
  SCHEDULE_DEFAULTS,
  type ScheduleTrigger,
} from './settings.ts';
import { expandSchedule, scheduleItem, timingText } from './text.ts';
import { DEFAULT_ZONE } from './zone.ts';

/** Schedules: runs at planned times. */
export const schedule: TriggerKind<ScheduleTrigger> = {
  type: 'schedule',
  noun: 'schedule',
  literal: ['event'],
  schema: {
    description: 'Runs the function at planned times, by one of cron, every and at; `schedules` is the short form.',
    properties: {
      cron: {
        description:
          'Cron expression: minute, hour, day of the month, month, day of the week; with seconds before them if there are six. Also `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.',
        type: 'string',
        minLength: 1,
        examples: ['0 3 * * *', '*/10 * * * * *', '0 9 * * MON-FRI'],
      },
      every: {
        description: 'Interval, counted from 1970-01-01T00:00Z: `30s`, `5m`, `1h30m`, `1d`. At least 1 s.',
        type: 'string',
        minLength: 1,
        examples: ['5m'],
      },
      at: {
        description: 'Date and time of a single run, in the zone of the schedule or with an offset.',
        type: 'string',
        minLength: 1,
        examples: ['2027-01-31T09:00', '2027-01-31T09:00:00Z'],
      },
      zone: {
        description: 'IANA time zone of cron and at.',
        type: 'string',
        minLength: 1,
        default: DEFAULT_ZONE,
        examples: ['Europe/Berlin'],
      },
      event: {
        description:
          "What the function is given: any JSON but null. By default an event in the form of EventBridge's scheduled events, with the planned time.",
        type: ['object', 'array', 'string', 'number', 'boolean'],
        additionalProperties: true,
        examples: [{ job: 'cleanup' }],
      },
      jitter: {
        description:
          'Spreads runs: each starts up to this much later than planned, by an amount that depends on the schedule and the planned time only.',
        type: 'string',
        minLength: 1,
        examples: ['30s'],
      },
      missed: {
        description:
          'What becomes of runs whose time passed while lam did not run, the machine slept or the clock was set forward: none is made up for (`skip`), the last one is (`once`), or all are, up to missedLimit (`all`).',
        type: 'string',
        enum: MISSED_POLICIES,
        default: SCHEDULE_DEFAULTS.missed,
      },
      missedLimit: {
        description: 'Most missed runs that are made up for with `missed: all`, the latest ones.',
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: SCHEDULE_DEFAULTS.missedLimit,
      },
      overlap: {
        description: `What happens when a run is due while an earlier one has not finished: both run (\`allow\`), it waits (\`queue\`, at most ${MOST_WAITING} do), or it is left out (\`skip\`).`,
        type: 'string',
        enum: OVERLAP_POLICIES,
        default: SCHEDULE_DEFAULTS.overlap,
      },
    },
    required: [],
  },
  shortForm: {
    key: 'schedules',
    description:
      'Schedules, each a cron expression, `every` and an interval, or `at` and a time, with a time zone after it if it is not UTC. A map sets options. Short for `triggers` of type schedule.',
    examples: [
      ['0 3 * * * Europe/Berlin', 'every 5m', 'at 2027-01-31T09:00:00Z'],
      [{ cron: '0 9 * * MON-FRI', event: { job: 'report' } }],
    ],
    expand: expandSchedule,
    inName: ['cron', 'every', 'at', 'zone'],
    itemOf: scheduleItem,
  },
  nameOf: timingText,
  fault: scheduleFault,
  newFault: pastFault,
  load: async () => (await import('./run/schedules.ts')).schedules(),
};
