import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cronPlan } from '../../../../src/triggers/schedule/run/cron-plan.ts';
import { parseCron } from '../../../../src/triggers/schedule/cron.ts';

/** The next planned times after `from`. */
function next(cron: string, zone: string, from: string, count: number): readonly string[] {
  const plan = cronPlan(cron, zone);
  const found: string[] = [];
  for (let at = plan.next(Date.parse(from)); at !== undefined && found.length < count; at = plan.next(at))
    found.push(new Date(at).toISOString().slice(0, 19));
  return found;
}

describe('cron expressions', () => {
  test('have five fields, or six with seconds, with names, ranges, steps and what only a calendar knows', () => {
    const from = '2026-01-01T00:00:00Z';
    for (const [cron, expected] of [
      ['*/15 * * * * *', ['2026-01-01T00:00:15', '2026-01-01T00:00:30']],
      ['30 6 * * *', ['2026-01-01T06:30:00', '2026-01-02T06:30:00']],
      ['0 9 * * MON-FRI', ['2026-01-01T09:00:00', '2026-01-02T09:00:00', '2026-01-05T09:00:00']],
      ['0 9 ? jan,MAR tue', ['2026-01-06T09:00:00', '2026-01-13T09:00:00']],
      ['0 0 * * 7', ['2026-01-04T00:00:00', '2026-01-11T00:00:00']],
      ['0 0 L * *', ['2026-01-31T00:00:00', '2026-02-28T00:00:00']],
      ['0 0 15W * *', ['2026-01-15T00:00:00', '2026-02-16T00:00:00']],
      ['0 0 * * FRI#2', ['2026-01-09T00:00:00', '2026-02-13T00:00:00']],
      ['0 0 * * 5L', ['2026-01-30T00:00:00', '2026-02-27T00:00:00']],
      ['0 0 29 2 *', ['2028-02-29T00:00:00', '2032-02-29T00:00:00']],
      // Either of the two, as cron has it.
      ['0 0 13 * FRI', ['2026-01-02T00:00:00', '2026-01-09T00:00:00', '2026-01-13T00:00:00']],
      ['10-50/20 1 * * *', ['2026-01-01T01:10:00', '2026-01-01T01:30:00', '2026-01-01T01:50:00']],
      ['@monthly', ['2026-02-01T00:00:00', '2026-03-01T00:00:00']],
    ] as const)
      assert.deepEqual(next(cron, 'UTC', from, expected.length), expected, cron);
  });

  test('are refused with what is wrong and the nearest valid one', () => {
    for (const [cron, fault, example] of [
      ['0 25 * * *', 'has the hour 25; it goes from 0 to 23', '0 23 * * *'],
      ['60 99 * * *', 'has the minute 60; it goes from 0 to 59', '59 23 * * *'],
      ['0 0 * * FRY', "has 'FRY' as day of the week, which is not 0 to 7, SUN to SAT, nor *", '0 0 * * FRI'],
      ['0 9 * * monday', "has 'MONDAY' as day of the week, which is not 0 to 7, SUN to SAT, nor *", '0 9 * * MON'],
      ['0 0 30 2 *', 'never comes: none of its months has a day 30', '0 0 29 2 *'],
      ['0 0 31 4,6 *', 'never comes: none of its months has a day 31', '0 0 30 4,6 *'],
      ['0 22-2 * * *', "has the range '22-2' as hour, which ends before it begins", '0 22-23,0-2 * * *'],
      ['5/15 * * * *', "has a step after a single minute, '5/15'; give a range before the step", '5-59/15 * * * *'],
      ['*/0 * * * *', "has the step '0' in its minute; a step is a number from 1 to 59", '* * * * *'],
      ['*/90 * * * *', "has the step '90' in its minute; a step is a number from 1 to 59", '*/59 * * * *'],
      ['@dialy', 'is not one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually', '@daily'],
      [
        'cron(0 10 * * ? *)',
        'is written as for EventBridge; give its fields alone, without cron() and the year',
        '0 10 * * ?',
      ],
      [
        '0 3 * *',
        'has 4 fields; a cron expression has 5 (minute, hour, day, month, weekday), or 6 with seconds before them',
        '0 3 * * *',
      ],
      [
        '',
        'has no fields; a cron expression has 5 (minute, hour, day, month, weekday), or 6 with seconds before them',
        '0 3 * * *',
      ],
    ] as const) {
      assert.deepEqual(parseCron(cron), { fault, example }, cron);
      assert.ok(!('fault' in parseCron(example)), example);
    }
  });

  test('run skipped times once, at the moment of the jump, if they do not cover every hour', () => {
    // Berlin skips 02:00 to 03:00 on 29 March 2026, at 01:00Z.
    const from = '2026-03-28T12:00:00Z';
    for (const [cron, expected] of [
      ['30 2 * * *', ['2026-03-29T01:00:00', '2026-03-30T00:30:00']],
      ['10,20,30 2 * * *', ['2026-03-29T01:00:00', '2026-03-30T00:10:00']],
      ['* 2 * * *', ['2026-03-29T01:00:00', '2026-03-30T00:00:00']],
      ['0 2,3 * * *', ['2026-03-29T01:00:00', '2026-03-30T00:00:00', '2026-03-30T01:00:00']],
      ['30 1-3 * * *', ['2026-03-29T00:30:00', '2026-03-29T01:00:00', '2026-03-29T01:30:00']],
      ['0 3 * * *', ['2026-03-29T01:00:00', '2026-03-30T01:00:00']],
    ] as const)
      assert.deepEqual(next(cron, 'Europe/Berlin', from, expected.length), expected, cron);
    // Half an hour on Lord Howe Island, a whole day on Samoa.
    assert.deepEqual(next('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2), [
      '2026-10-03T15:30:00',
      '2026-10-04T15:15:00',
    ]);
    assert.deepEqual(next('0 12 30 12 *', 'Pacific/Apia', '2011-06-01T00:00:00Z', 2), [
      '2011-12-30T10:00:00',
      '2012-12-29T22:00:00',
    ]);
  });

  test('run repeated times once, the first time, if they do not cover every hour', () => {
    // Berlin repeats 02:00 to 03:00 on 25 October 2026, at 01:00Z.
    const from = '2026-10-24T12:00:00Z';
    for (const [cron, expected] of [
      ['30 2 * * *', ['2026-10-25T00:30:00', '2026-10-26T01:30:00']],
      ['*/20 2 * * *', ['2026-10-25T00:00:00', '2026-10-25T00:20:00', '2026-10-25T00:40:00', '2026-10-26T01:00:00']],
      ['30 2,3 * * *', ['2026-10-25T00:30:00', '2026-10-25T02:30:00', '2026-10-26T01:30:00']],
      ['0 3 * * *', ['2026-10-25T02:00:00', '2026-10-26T02:00:00']],
    ] as const)
      assert.deepEqual(next(cron, 'Europe/Berlin', from, expected.length), expected, cron);
    // Also when asked in between: between the two passes, and within the second.
    for (const within of ['2026-10-25T01:00:00Z', '2026-10-25T01:10:00Z'])
      assert.deepEqual(next('*/20 2 * * *', 'Europe/Berlin', within, 1), ['2026-10-26T01:00:00']);
    assert.deepEqual(next('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', 2), [
      '2026-04-04T14:45:00',
      '2026-04-05T15:15:00',
    ]);
  });

  test('follow elapsed time if they cover every hour', () => {
    assert.deepEqual(next('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:10:00Z', 3), [
      '2026-03-29T00:30:00',
      '2026-03-29T01:00:00',
      '2026-03-29T01:30:00',
    ]);
    assert.deepEqual(next('30 * * * *', 'Europe/Berlin', '2026-10-25T00:10:00Z', 3), [
      '2026-10-25T00:30:00',
      '2026-10-25T01:30:00',
      '2026-10-25T02:30:00',
    ]);
  });
});
