import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TriggerConfig } from '../../../src/contract/index.ts';
import { lamError } from '../../../src/errors/index.ts';
import type { TriggerHost } from '../../../src/triggers/running.ts';
import { asFunctionName } from '../../support/ids.ts';
import { SupervisorHouse, tick } from '../../support/supervisor-house.ts';

const named = (every: number): TriggerConfig => tick(every, { name: 'one' });
const ONE = { functionName: asFunctionName('f'), type: 'tick', name: 'one' };

describe('the supervisor of triggers', () => {
  test('starts no trigger before start(), and loads a kind when its first trigger goes live', async () => {
    const house = new SupervisorHouse();
    await house.deploy(tick(1));
    assert.deepEqual([house.log, house.state], [{ loads: 0, entries: [] }, []]);
    await house.deploy();
    house.supervisor.start();
    await house.deploy({ type: 'http', route: 'GET /' });
    assert.deepEqual([house.log.loads, house.state], [0, []]);
    await house.deploy(tick(1), tick(2));
    assert.deepEqual(
      [house.log.loads, house.takeSteps(), house.state],
      [1, ['start 1', 'start 2'], ['running', 'running']],
    );
  });

  test('restarts a trigger when a variable to which it refers has another value, and no other', async () => {
    const house = new SupervisorHouse();
    house.supervisor.start();
    const secret = tick(2, { note: 'x:${SECRET}@y' });
    house.variables.set('SECRET', 'a');
    await house.deploy(tick(1), secret);
    house.takeSteps();
    house.variables.set('SECRET', 'b');
    house.variables.set('OTHER', 'b');
    await house.deploy(tick(1), secret);
    const steps = house.takeSteps();
    assert.ok(steps.length > 0 && steps.every((step) => step.endsWith(' 2')), steps.join());
    await house.deploy(tick(1), secret);
    assert.deepEqual(house.takeSteps(), []);
  });

  test('does not interrupt triggers that two versions share, and stops and starts the others', async () => {
    const house = new SupervisorHouse();
    house.supervisor.start();
    await house.deploy(tick(1), tick(2));
    house.takeSteps();
    await house.deploy(tick(2), tick(3));
    assert.deepEqual(house.takeSteps().toSorted(), ['start 3', 'stop 1']);
    await house.deploy();
    assert.deepEqual([house.takeSteps(), house.state], [['stop 2', 'stop 3'], []]);
    assert.equal(house.clock.pending, 0);
  });

  test('updates a trigger whose settings changed, or restarts it where that is not possible', async () => {
    const plain = new SupervisorHouse();
    plain.supervisor.start();
    await plain.deploy(named(1));
    await plain.deploy(named(2));
    assert.deepEqual(plain.takeSteps(), ['start 1', 'stop 1', 'start 2']);
    let canUpdate = true;
    const house = new SupervisorHouse({
      update: () => (canUpdate ? Promise.resolve() : Promise.reject(new Error('no'))),
    });
    house.supervisor.start();
    await house.deploy(named(1));
    await house.deploy(named(2));
    assert.deepEqual(house.takeSteps(), ['start 1', 'update 2']);
    canUpdate = false;
    await house.deploy(named(3));
    assert.deepEqual([house.takeSteps(), house.state], [['stop 2', 'start 3'], ['running']]);
  });

  test('adds the identity of the trigger to events', async () => {
    const house = new SupervisorHouse();
    house.supervisor.start();
    await house.deploy(tick(1, { text: 'x' }));
    await house.clock.advance(1000);
    const event = Buffer.from('{"id":"every 1 s@1","text":"x"}');
    assert.deepEqual(house.delivered, [
      { id: 'every 1 s@1', event, attempt: 1, functionName: 'f', type: 'tick', trigger: 'every 1 s' },
    ]);
  });

  test('announces future events of running triggers only', async () => {
    let host: TriggerHost | undefined;
    const house = new SupervisorHouse({ start: (_, given) => Promise.resolve(void (host = given)) });
    house.supervisor.start();
    await house.deploy(tick(100));
    host?.expect(5);
    await house.deploy();
    host?.expect(6);
    assert.deepEqual(house.expected, [['f', 5]]);
  });

  test('restarts a failed trigger after pauses that double up to one minute', async () => {
    let left = 8;
    const house = new SupervisorHouse({
      start: () => (left-- > 0 ? Promise.reject(new Error(`no broker ${left}`)) : Promise.resolve()),
    });
    house.supervisor.start();
    await house.deploy(tick(100));
    assert.deepEqual(house.state, [['retrying', 'no broker 7']]);
    const [retrying] = house.supervisor.statesOf(asFunctionName('f'));
    assert.equal(retrying?.since, house.clock.now());
    const pauses: number[] = [];
    for (
      let from = house.clock.monotonic();
      left >= 0 && house.clock.nextAt !== undefined;
      from = house.clock.monotonic()
    ) {
      pauses.push(house.clock.nextAt - from);
      await house.clock.advance(house.clock.nextAt - from);
    }
    assert.deepEqual(
      pauses,
      [1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000),
    );
    assert.deepEqual(house.state, ['running']);
    assert.match(house.troubles[0] ?? '', /trigger 'every 100 s' of 'f' failed: no broker 7; .* in 1 s/);
  });

  test('restarts immediately when settings change during a pause, and never after removal', async () => {
    const house = new SupervisorHouse({
      start: ({ every }) => (every < 5 ? Promise.reject(new Error('no')) : Promise.resolve()),
    });
    house.supervisor.start();
    await house.deploy(named(1));
    await house.deploy(named(5));
    assert.deepEqual([house.takeSteps(), house.state], [['start 1', 'start 5'], ['running']]);
    await house.deploy(named(2));
    await house.deploy();
    await house.clock.advance(100_000);
    assert.deepEqual([house.takeSteps(), house.clock.pending], [['stop 5', 'start 2'], 0]);
  });

  test("says why a trigger failed and, for an error of lam's catalogue, what to do", async () => {
    const error = lamError('LAM_TRIGGERS_VARIABLE_MISSING', { name: 'f', trigger: 'orders', variable: 'PASSWORD' });
    const house = new SupervisorHouse({ start: () => Promise.reject(error) });
    house.supervisor.start();
    await house.deploy(tick(100));
    const [state] = house.supervisor.statesOf(asFunctionName('f'));
    assert.deepEqual([state?.cause, state?.hint], [error.message, error.hint]);
    assert.match(String(state?.hint), /lam env set f PASSWORD=VALUE/);
  });

  test('stops a trigger that reports a failure once, and restarts it after a pause', async () => {
    let host: TriggerHost | undefined;
    const house = new SupervisorHouse({ start: (_, given) => Promise.resolve(void (host = given)) });
    house.supervisor.start();
    await house.deploy(tick(100));
    const first = host;
    first?.failed(new Error('connection lost'));
    first?.failed(new Error('and again'));
    await house.clock.advance(0);
    assert.deepEqual([house.takeSteps(), house.state], [['start 100', 'stop 100'], [['retrying', 'connection lost']]]);
    await house.clock.advance(1000);
    first?.failed(new Error('of a run that ended'));
    await house.clock.advance(0);
    assert.deepEqual([house.takeSteps(), house.state], [['start 100'], ['running']]);
    await house.clock.advance(61_000);
    host?.failed(new Error('after a long time'));
    await house.clock.advance(999);
    assert.deepEqual(house.state, [['retrying', 'after a long time']]);
    await house.clock.advance(1);
    assert.deepEqual(house.state, ['running']);
  });

  test('refuses events of a stopped trigger', async () => {
    let host: TriggerHost | undefined;
    const house = new SupervisorHouse({ start: (_, given) => Promise.resolve(void (host = given)) });
    house.supervisor.start();
    await house.deploy(tick(100));
    await house.deploy();
    const outcomes: string[] = [];
    host
      ?.fire(
        { id: 'late', event: Buffer.alloc(0) },
        { settled: (outcome) => outcomes.push(outcome.kind === 'refused' ? outcome.error.code : outcome.kind) },
      )
      .cancel();
    assert.deepEqual([outcomes, house.delivered, host?.signal.aborted], [['LAM_TRIGGERS_STOPPED'], [], true]);
  });

  test('stops a trigger that was removed during its start, and starts it when it returns', async () => {
    const starts: (() => void)[] = [];
    const house = new SupervisorHouse({ start: () => new Promise((resolve) => starts.push(resolve)) });
    house.supervisor.start();
    await house.deploy(tick(1));
    assert.deepEqual(house.state, ['starting']);
    await house.deploy();
    starts.shift()?.();
    await house.clock.advance(0);
    assert.deepEqual(house.takeSteps(), ['start 1', 'stop 1']);
    await house.deploy(tick(1));
    starts.shift()?.();
    await house.clock.advance(1000);
    assert.equal(house.delivered.length, 1);
  });

  test('follows a change at any moment of the steps before it', async () => {
    for (let moment = 0; moment < 40; moment++) {
      const house = new SupervisorHouse();
      house.supervisor.start();
      house.set(tick(1));
      for (let i = 0; i < moment; i++) await Promise.resolve();
      await house.deploy();
      const steps = house.takeSteps();
      assert.ok(steps.length === 0 || steps.at(-1) === 'stop 1', `moment ${moment}: ${steps.join(', ')}`);
      await house.deploy(tick(1));
      house.takeSteps();
      house.set();
      for (let i = 0; i < moment; i++) await Promise.resolve();
      await house.deploy(tick(1));
      assert.deepEqual([house.takeSteps(), house.state], [['stop 1', 'start 1'], ['running']], `moment ${moment}`);
    }
  });

  test('waits for a pending stop before a restart and before close() resolves', async () => {
    const stops: (() => void)[] = [];
    const house = new SupervisorHouse({ stop: () => new Promise((resolve) => stops.push(resolve)) });
    house.supervisor.start();
    await house.deploy(tick(1));
    await house.deploy();
    await house.deploy(tick(1));
    assert.deepEqual(house.takeSteps(), ['start 1', 'stop 1']);
    stops.shift()?.();
    await house.clock.advance(0);
    assert.deepEqual([house.takeSteps(), house.state], [['start 1'], ['running']]);
    await house.deploy();
    let isClosed = false;
    void house.supervisor.close(5000).then(() => (isClosed = true));
    await house.clock.advance(10);
    assert.equal(isClosed, false);
    stops.shift()?.();
    await house.clock.advance(0);
    assert.equal(isClosed, true);
  });

  test('survives exceptions of sinks and stops', async () => {
    const house = new SupervisorHouse({
      settled: () => {
        throw new Error('bad sink');
      },
      stop: () => Promise.reject(new Error('bad stop')),
    });
    house.supervisor.start();
    await house.deploy(tick(1));
    await house.clock.advance(1000);
    await house.deploy(tick(2));
    assert.deepEqual(house.state, ['running']);
    assert.match(house.troubles.join('\n'), /'every 1 s' of 'f' threw: Error: bad sink\n.*did not stop: bad stop/);
  });

  test('waits a limited time for its triggers to stop when it is closed', async () => {
    const house = new SupervisorHouse({ stop: () => new Promise(() => undefined) });
    house.supervisor.start();
    await house.deploy(tick(1), tick(2));
    let isClosed = false;
    const closed = house.supervisor.close(5000).then(() => (isClosed = true));
    await house.clock.advance(4999);
    assert.deepEqual(
      [house.takeSteps(), isClosed, house.delivered],
      [['start 1', 'start 2', 'stop 1', 'stop 2'], false, []],
    );
    await house.clock.advance(1);
    await closed;
    await house.deploy(tick(3));
    await house.supervisor.close(5000);
    assert.deepEqual(house.takeSteps(), []);
  });

  test('pauses a trigger over restarts of the daemon, until it is resumed', async () => {
    const house = new SupervisorHouse();
    house.supervisor.start();
    await house.deploy(named(1));
    await house.supervisor.setPaused(ONE, true);
    await house.supervisor.setPaused(ONE, true);
    assert.deepEqual([house.takeSteps(), house.state], [['start 1', 'stop 1'], ['paused']]);
    await house.deploy(named(2));
    assert.deepEqual([house.takeSteps(), house.state], [[], ['paused']]);

    const again = new SupervisorHouse({}, house.states);
    again.set(named(2));
    again.supervisor.start();
    await again.clock.advance(0);
    assert.deepEqual([again.takeSteps(), again.state], [[], ['paused']]);
    await again.clock.advance(5000);
    await again.supervisor.setPaused(ONE, false);
    assert.deepEqual([again.takeSteps(), again.state], [['start 2'], ['running']]);
    assert.equal(again.hosts.at(-1)?.resumedAt, again.clock.now());
  });

  test('changes nothing when a pause cannot be stored', async () => {
    const house = new SupervisorHouse();
    house.supervisor.start();
    await house.deploy(named(1));
    house.states.failure = new Error('disk full');
    await assert.rejects(house.supervisor.setPaused(ONE, true), /disk full/);
    assert.deepEqual([house.takeSteps(), house.state], [['start 1'], ['running']]);
  });

  test('stays paused when a pause meets a start or a restart after a failure', async () => {
    let begin: () => void = () => undefined;
    const slow = new SupervisorHouse({ start: () => new Promise((resolve) => (begin = resolve)) });
    slow.supervisor.start();
    slow.set(named(1));
    await slow.clock.advance(0);
    const pausing = slow.supervisor.setPaused(ONE, true);
    await slow.clock.advance(0);
    begin();
    await pausing;
    assert.deepEqual([slow.takeSteps(), slow.state], [['start 1', 'stop 1'], ['paused']]);

    const failing = new SupervisorHouse({ start: () => Promise.reject(new Error('no source')) });
    failing.supervisor.start();
    await failing.deploy(named(1));
    assert.deepEqual(failing.state, [['retrying', 'no source']]);
    await failing.supervisor.setPaused(ONE, true);
    await failing.clock.advance(120_000);
    assert.deepEqual([failing.takeSteps(), failing.state], [['start 1'], ['paused']]);
  });

  test('keeps what a trigger keeps over restarts, and forgets it when the trigger is removed', async () => {
    const house = new SupervisorHouse();
    house.supervisor.start();
    await house.deploy(named(1), tick(2));
    house.hosts[0]?.kept.set({ count: 1 });
    house.hosts[1]?.kept.set({ count: 2 });

    // The function lost its second trigger while the daemon did not run.
    const again = new SupervisorHouse({}, house.states);
    await again.deploy(named(1));
    again.supervisor.start();
    await again.clock.advance(0);
    assert.deepEqual(again.hosts[0]?.kept.get(), { count: 1 });
    assert.equal(again.states.values.size, 1);
    await again.supervisor.setPaused(ONE, true);
    assert.equal(again.states.values.size, 2);
    await again.deploy();
    assert.equal(again.states.values.size, 0);
    await again.deploy(named(1));
    assert.deepEqual([again.hosts[1]?.kept.get(), again.state], [undefined, ['running']]);
  });

  test('refuses to pause what does not exist, and to run what has events of its own only', async () => {
    const house = new SupervisorHouse();
    house.supervisor.start();
    await house.deploy(named(1));
    const other = { ...ONE, name: 'two' };
    await assert.rejects(house.supervisor.setPaused(other, true), {
      code: 'LAM_TRIGGERS_NOT_FOUND',
      message: "'f' has no tick 'two'; it has 'one'",
    });
    await assert.rejects(house.supervisor.run(other), { code: 'LAM_TRIGGERS_NOT_FOUND' });
    await assert.rejects(house.supervisor.run(ONE), { code: 'LAM_TRIGGERS_NO_EVENT' });
    assert.deepEqual(
      (await house.supervisor.list('tick')).map(({ functionName, name, state, config }) => [
        functionName,
        name,
        state,
        config,
      ]),
      [['f', 'one', 'running', named(1)]],
    );
    assert.deepEqual(await house.supervisor.list('other'), []);
  });
});
