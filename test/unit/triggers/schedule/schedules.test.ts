import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScheduleHouse } from '../../../support/schedule-house.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const order = (a: string, b: string): number => (a.slice(a.indexOf('@')) + a < b.slice(b.indexOf('@')) + b ? -1 : 1);
// The virtual clock begins at 2023-11-14T22:13:20Z.

describe('schedules', () => {
  test('run at their planned times, with an id that names schedule and time', async () => {
    const house = new ScheduleHouse();
    await house.start({ every: '5m' }, { cron: '0 30 23 * * *', zone: 'Europe/Berlin', name: 'nightly' });
    await house.clock.advance(17 * MINUTE);
    assert.deepEqual(
      house.runs.map(({ id, at }) => [id, new Date(at).toISOString()]).toSorted(([a = ''], [b = '']) => order(a, b)),
      [
        ['every 5m@2023-11-14T22:15:00Z', '2023-11-14T22:15:00.000Z'],
        ['every 5m@2023-11-14T22:20:00Z', '2023-11-14T22:20:00.000Z'],
        ['every 5m@2023-11-14T22:25:00Z', '2023-11-14T22:25:00.000Z'],
        ['every 5m@2023-11-14T22:30:00Z', '2023-11-14T22:30:00.000Z'],
        ['nightly@2023-11-14T22:30:00Z', '2023-11-14T22:30:00.000Z'],
      ],
    );
    assert.equal(house.clock.pending, 1);
    await house.kill();
    assert.equal(house.clock.pending, 0);
  });

  test('are queued two seconds ahead, unless they may not overlap', async () => {
    for (const [overlap, atMs] of [
      ['allow', 2000],
      ['queue', 0],
    ] as const) {
      const house = new ScheduleHouse();
      await house.start({ cron: '0 23 * * *', overlap });
      await house.clock.advance(Date.parse('2023-11-14T23:00:00Z') - house.clock.now() - atMs - 1);
      assert.deepEqual(house.runs, []);
      await house.clock.advance(1);
      assert.deepEqual(
        house.runs.map(({ at }) => new Date(at).toISOString()),
        ['2023-11-14T23:00:00.000Z'],
      );
    }
  });

  test('announce each run as soon as it is planned', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '0 * * * *' });
    assert.deepEqual(house.expected, [Date.parse('2023-11-14T23:00:00Z')]);
    await house.clock.advance(HOUR);
    assert.deepEqual(house.expected.slice(1), [Date.parse('2023-11-15T00:00:00Z')]);
  });

  test('run once at a time, also one that passed while the version was made ready, and not again after a restart', async () => {
    const house = new ScheduleHouse();
    await house.start(
      { at: '2023-11-14T22:13:00Z', name: 'now' },
      { at: '2023-11-15T10:00', zone: 'Asia/Tokyo', name: 'later' },
    );
    assert.equal(await house.end(), '2023-11-14T22:13:00Z');
    await house.clock.advance(24 * HOUR);
    assert.deepEqual(house.take(), ['2023-11-15T01:00:00Z']);
    await house.kill();
    const again = new ScheduleHouse(house);
    await again.start({ at: '2023-11-14T22:13:00Z', name: 'now' });
    await again.clock.advance(HOUR);
    assert.deepEqual(again.take(), []);
    assert.equal((await again.view()).next, null);
  });

  test('do not run at a time that was long past when they went live, as after a rollback', async () => {
    const house = new ScheduleHouse();
    await house.start({ at: '2023-11-14T21:00:00Z' });
    await house.clock.advance(HOUR);
    assert.deepEqual(house.take(), []);
  });

  for (const [missed, expected] of [
    ['skip', []],
    ['once', ['2023-11-15T02:00:00Z']],
    ['all', ['2023-11-14T23:00:00Z', '2023-11-15T00:00:00Z', '2023-11-15T01:00:00Z', '2023-11-15T02:00:00Z']],
  ] as const)
    test(`make up for runs missed while no daemon ran by the policy '${missed}'`, async () => {
      const house = new ScheduleHouse();
      const settings = { cron: '0 * * * *', missed };
      await house.start(settings);
      await house.kill();
      await house.clock.advance(4 * HOUR);
      const again = new ScheduleHouse(house);
      await again.start(settings);
      await again.clock.advance(0);
      assert.deepEqual(again.take(), expected);
      const { history } = await again.view();
      assert.equal(history.filter(({ outcome }) => outcome === 'missed').length, missed === 'all' ? 0 : 1);
      await again.clock.advance(HOUR);
      assert.deepEqual(again.take(), ['2023-11-15T03:00:00Z']);
    });

  test('make up for no more missed runs than the limit, the latest ones', async () => {
    const house = new ScheduleHouse();
    const settings = { cron: '* * * * *', missed: 'all', missedLimit: 3 };
    await house.start(settings);
    await house.kill();
    await house.clock.advance(400 * 24 * HOUR);
    const again = new ScheduleHouse(house);
    await again.start(settings);
    await again.clock.advance(0);
    assert.deepEqual(again.take(), ['2024-12-18T22:11:00Z', '2024-12-18T22:12:00Z', '2024-12-18T22:13:00Z']);
    assert.deepEqual((await again.view()).history.at(-1), {
      planned: Date.parse('2023-11-14T22:14:00Z'),
      outcome: 'missed',
    });
  });

  test('treat a sleep of the machine as downtime, and a short stall as lateness', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '* * * * *', missed: 'skip' });
    await house.clock.advance(100_000);
    house.take();
    house.clock.set(10 * MINUTE);
    await house.clock.advance(10_000);
    assert.deepEqual(house.take(), ['2023-11-14T22:25:00Z']);
    house.clock.set(30_000);
    await house.clock.advance(10_000);
    assert.deepEqual(house.take(), []);
    await house.clock.advance(10_000);
    assert.deepEqual(house.take(), ['2023-11-14T22:26:00Z']);
  });

  test('run nothing twice when the clock is set back by less than three hours, and start anew beyond', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '0 * * * *' });
    await house.clock.advance(HOUR);
    assert.deepEqual(house.take(), ['2023-11-14T23:00:00Z']);
    house.clock.set(-2 * HOUR);
    await house.clock.advance(3 * HOUR);
    assert.deepEqual(house.take(), ['2023-11-15T00:00:00Z']);
    house.clock.set(-365 * 24 * HOUR);
    await house.clock.advance(HOUR);
    assert.deepEqual(house.take(), ['2022-11-15T01:00:00Z']);
  });

  test('overlap by policy: both run, the later one waits, or it is left out', async () => {
    const ran: Record<string, readonly string[]> = {};
    const outcomes: Record<string, readonly string[]> = {};
    for (const overlap of ['allow', 'queue', 'skip']) {
      const house = new ScheduleHouse();
      await house.start({ cron: '* * * * *', overlap });
      await house.clock.advance(100_000);
      const first = house.runs.length;
      await house.end();
      const then = house.runs.length;
      await house.clock.advance(MINUTE);
      ran[overlap] = [String(first), String(then), String(house.runs.length)];
      outcomes[overlap] = (await house.view()).history.map(({ outcome }) => outcome);
    }
    assert.deepEqual(ran, { allow: ['2', '1', '2'], queue: ['1', '1', '1'], skip: ['1', '0', '1'] });
    assert.deepEqual(outcomes, {
      allow: ['running', 'running', 'succeeded'],
      queue: ['running', 'succeeded'],
      skip: ['running', 'skipped', 'succeeded'],
    });
  });

  test('wait in order, at most a hundred of them, over a restart too', async () => {
    const house = new ScheduleHouse();
    const settings = { cron: '* * * * *', overlap: 'queue' };
    await house.start(settings);
    await house.clock.advance(110 * MINUTE);
    assert.equal(house.runs.length, 1);
    const { waiting, history } = await house.view();
    assert.deepEqual([waiting, history[0]?.outcome], [100, 'skipped']);
    assert.equal(await house.end(), '2023-11-14T22:14:00Z');
    await house.kill();
    const again = new ScheduleHouse(house);
    await again.start(settings);
    assert.equal(await again.end(), '2023-11-14T22:15:00Z');
    assert.equal(await again.end(), '2023-11-14T22:16:00Z');
    assert.equal((await again.view()).waiting, 97);
  });

  test('follow one another when several missed ones are made up for, unless they may overlap', async () => {
    const house = new ScheduleHouse();
    const settings = { cron: '0 * * * *', missed: 'all', overlap: 'skip' };
    await house.start(settings);
    await house.kill();
    await house.clock.advance(3 * HOUR);
    const again = new ScheduleHouse(house);
    await again.start(settings);
    await again.clock.advance(0);
    assert.equal(again.runs.length, 1);
    const ran = [await again.end(), await again.end(), await again.end()];
    assert.deepEqual([ran, again.runs], [['2023-11-14T23:00:00Z', '2023-11-15T00:00:00Z', '2023-11-15T01:00:00Z'], []]);
  });

  test('start later by a jitter that depends on the planned time only', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '0 * * * *', jitter: '10m' });
    await house.clock.advance(5 * HOUR);
    const late = house.runs.map(({ id, at }) => at - Date.parse(id.slice(id.indexOf('@') + 1)));
    assert.ok(
      late.every((ms) => ms >= 0 && ms <= 10 * MINUTE + 1000),
      String(late),
    );
    assert.equal(new Set(late).size, late.length);
    const other = new ScheduleHouse();
    await other.start({ cron: '0 * * * *', jitter: '10m' });
    await other.clock.advance(5 * HOUR);
    assert.deepEqual(
      other.runs.map(({ at }) => at),
      house.runs.map(({ at }) => at),
    );
  });

  test('plan anew with new settings, without making up for what those would have planned', async () => {
    const house = new ScheduleHouse();
    await house.start({ name: 'job', cron: '0 0 1 1 *' });
    await house.clock.advance(HOUR);
    await house.deploy({ name: 'job', cron: '* * * * *', missed: 'all' });
    await house.clock.advance(MINUTE);
    assert.deepEqual(house.take(), ['2023-11-14T23:14:00Z']);
  });

  test('do not make up for what a pause was to prevent', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '0 * * * *', missed: 'all' });
    await house.setPaused('0 * * * *', true);
    assert.deepEqual([(await house.view()).state, (await house.view()).next], ['paused', null]);
    await house.clock.advance(5 * HOUR);
    await house.setPaused('0 * * * *', false);
    await house.clock.advance(HOUR);
    assert.deepEqual(house.take(), ['2023-11-15T04:00:00Z']);
  });

  test('give the event of the settings, or one in the form of EventBridge', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '15 * * * *', name: 'own', event: { a: [1] } }, { cron: '15 * * * *' });
    await house.clock.advance(2 * MINUTE);
    const [own, other] = house.runs.map(({ event }) => JSON.parse(event) as Record<string, unknown>);
    assert.deepEqual(own, { a: [1] });
    assert.match(String(other?.['id']), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual(
      { ...other, id: '' },
      {
        version: '0',
        id: '',
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account: '000000000000',
        time: '2023-11-14T22:15:00Z',
        region: 'us-east-1',
        resources: ['arn:aws:events:us-east-1:000000000000:rule/f/15'],
        detail: {},
      },
    );
  });

  test('remember how their last runs ended', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '* * * * *' });
    await house.clock.advance(2 * MINUTE);
    await house.end('TypeError');
    await house.end();
    const { history, next } = await house.view();
    assert.equal(next, Date.parse('2023-11-14T22:16:00Z'));
    assert.deepEqual(
      history.map(({ planned, at, outcome, why }) => [planned, at, outcome, why]),
      [
        [Date.parse('2023-11-14T22:15:00Z'), Date.parse('2023-11-14T22:15:00Z'), 'succeeded', undefined],
        [Date.parse('2023-11-14T22:14:00Z'), Date.parse('2023-11-14T22:14:00Z'), 'failed', 'TypeError'],
      ],
    );
    await house.clock.advance(HOUR);
    assert.equal((await house.view()).history.length, 20);
  });

  test('run all at one time when ten thousand are planned for it, and keep one timer', async () => {
    const house = new ScheduleHouse();
    await house.start(...Array.from({ length: 10_000 }, (_, n) => ({ cron: '0,30 23 * * *', name: `s${n}` })));
    assert.equal(house.clock.pending, 1);
    await house.clock.advance(HOUR);
    assert.equal(new Set(house.runs.map(({ id }) => id)).size, 10_000);
    assert.deepEqual([house.runs.length, house.clock.pending], [10_000, 1]);
    house.runs.length = 0;
    await house.clock.advance(HOUR / 2);
    assert.equal(house.runs.length, 10_000);
  });

  test('sleep no longer than a timer can, however far the next run is', async () => {
    const house = new ScheduleHouse();
    await house.start({ at: '2400-01-01T00:00:00Z' });
    assert.ok((house.clock.nextAt ?? Infinity) <= 10_000);
    await house.clock.advance(HOUR);
    assert.deepEqual([house.take(), house.clock.pending], [[], 1]);
  });

  test('begin again when what they kept cannot be understood', async () => {
    const house = new ScheduleHouse();
    await house.states.set('state ["f","schedule","every 5m"]', { cursor: 'x' });
    await house.start({ every: '5m' });
    await house.clock.advance(2 * MINUTE);
    assert.deepEqual(house.take(), ['2023-11-14T22:15:00Z']);
  });

  test('are queued again until they are accepted, and once only', async () => {
    const house = new ScheduleHouse();
    await house.start({ cron: '0 23 * * *' });
    house.queue.failure = new Error('disk full');
    await house.clock.advance(HOUR);
    assert.deepEqual(house.take(), []);
    assert.equal((await house.view()).history[0]?.why, 'not queued yet: disk full');
    house.queue.failure = undefined;
    await house.clock.advance(MINUTE);
    assert.deepEqual(house.take(), ['2023-11-14T23:00:00Z']);
    assert.equal(house.clock.pending, 1);
  });

  test('queue after a restart what a daemon had planned and could not queue', async () => {
    const house = new ScheduleHouse();
    const settings = { cron: '0 23 * * *', missed: 'skip' };
    await house.start(settings);
    house.queue.failure = new Error('disk full');
    await house.clock.advance(HOUR);
    await house.kill();
    house.queue.failure = undefined;
    const again = new ScheduleHouse(house);
    await again.start(settings);
    assert.deepEqual(again.take(), ['2023-11-14T23:00:00Z']);
  });

  test('are run once when two daemons plan them', async () => {
    const house = new ScheduleHouse();
    const settings = { cron: '* * * * *' };
    await house.start(settings);
    const other = new ScheduleHouse(house);
    await other.start(settings);
    await house.clock.advance(2 * MINUTE);
    assert.deepEqual(house.take(), ['2023-11-14T22:14:00Z', '2023-11-14T22:15:00Z']);
  });

  test('know how a run ended that an earlier daemon queued', async () => {
    const house = new ScheduleHouse();
    const settings = { cron: '0 23 * * *', overlap: 'skip' };
    await house.start(settings);
    await house.clock.advance(HOUR);
    await house.kill();
    await house.end('Timeout');
    const again = new ScheduleHouse(house);
    await again.start(settings);
    assert.deepEqual(
      (await again.view()).history.map(({ outcome, why }) => [outcome, why]),
      [['failed', 'Timeout']],
    );
  });
});
