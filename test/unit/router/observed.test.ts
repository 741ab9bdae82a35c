import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lamError } from '../../../src/errors/index.ts';
import type { InvokeOutcome } from '../../../src/executor/session.ts';
import type { ObservedInvocation, Observer } from '../../../src/observer/index.ts';
import type { InvokeRequest } from '../../../src/router/index.ts';
import { revision } from '../../support/revisions.ts';
import { routerHouse, type RouterHouse } from '../../support/router-house.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { asTraceId, asFunctionName, asQualifier } from '../../support/ids.ts';

const OK: InvokeOutcome = { kind: 'result', payload: Buffer.from('{}') };
type Call = { wait(ms: number): Promise<void> };

/** Records phases as `<trace id> <phase> <ms since the start>`, and the last state of each invocation. */
class Notes implements Observer {
  readonly told: string[] = [];
  readonly settledAs: ObservedInvocation[] = [];
  readonly #clock: VirtualClock;
  readonly #from: number;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.#from = clock.now();
  }

  readonly accepted = this.#note('accepted');
  readonly queued = this.#note('queued');
  readonly bound = this.#note('bound');
  readonly init = this.#note('init');
  readonly started = this.#note('started');

  settled(invocation: ObservedInvocation): void {
    this.#note('settled')(invocation);
    this.settledAs.push(invocation);
  }

  /** Phases since the previous call. */
  take(): string[] {
    return this.told.splice(0);
  }

  #note(phase: string): (invocation: ObservedInvocation) => void {
    return ({ traceId }) => void this.told.push(`${traceId} ${phase} ${this.#clock.now() - this.#from}`);
  }
}

function start(made: RouterHouse, traceId: string, more: Partial<InvokeRequest> = {}): { cancel(): void } {
  const request: InvokeRequest = {
    name: asFunctionName('hello'),
    qualifier: undefined,
    event: Buffer.from('{}'),
    traceId: asTraceId(traceId),
    ...more,
  };
  return made.router.start(request, { answered: () => undefined, failed: () => undefined });
}

describe('an observer receives the phases of an invocation', () => {
  test('that is cold, then of a warm one, with times, durations, version, sandbox, origin and attempt', async () => {
    const clock = new VirtualClock();
    const notes = new Notes(clock);
    const script = {
      boot: () => ({ ms: 5 }),
      init: () => ({ ms: 7 }),
      invoke: async (call: Call) => {
        await call.wait(3);
        return OK;
      },
    };
    await using made = await routerHouse(script, clock, notes);
    start(made, 'a');
    await clock.advance(100);
    assert.deepEqual(notes.take(), [
      'a accepted 0',
      'a queued 0',
      'a bound 12',
      'a init 12',
      'a started 12',
      'a settled 15',
    ]);
    const origin = { kind: 'trigger', trigger: 'cron', id: 'nightly' } as const;
    start(made, 'b', { origin, attempt: 2, qualifier: asQualifier('prod') });
    await clock.advance(10);
    assert.deepEqual(notes.take(), ['b accepted 100', 'b bound 100', 'b started 100', 'b settled 103']);
    const figures = notes.settledAs.map(({ start, initMs, durationMs, version, outcome }) => {
      return { start, initMs, durationMs, version, outcome };
    });
    assert.deepEqual(figures, [
      { start: 'cold', initMs: 7, durationMs: 3, version: 3, outcome: 'success' },
      { start: 'warm', initMs: undefined, durationMs: 3, version: 3, outcome: 'success' },
    ]);
    const asked = notes.settledAs.map(({ qualifier, attempt, maxMemoryMiB }) => [qualifier, attempt, maxMemoryMiB]);
    assert.deepEqual(asked, [
      [undefined, 1, 7.5],
      ['prod', 2, 7.5],
    ]);
    assert.deepEqual(
      notes.settledAs.map((of) => of.origin),
      [{ kind: 'call' }, origin],
    );
    assert.equal(new Set(notes.settledAs.map(({ sandboxId }) => sandboxId)).size, 1);
    assert.deepEqual(
      notes.settledAs.map(({ acceptedAt, settledAt }) => (settledAt ?? 0) - acceptedAt),
      [15, 3],
    );
  });

  const FAILURES: readonly [string, () => Promise<InvokeOutcome>, ...unknown[]][] = [
    [
      'whose handler throws',
      () => Promise.resolve({ kind: 'error', payload: Buffer.from('{}'), errorType: 'TypeError' }),
      'error',
      'TypeError',
      0,
    ],
    ['that takes too long', () => new Promise(() => undefined), 'timeout', 'Sandbox.Timedout', 50],
  ];
  for (const [title, invoke, ...expected] of FAILURES)
    test(title, async () => {
      const clock = new VirtualClock();
      const notes = new Notes(clock);
      await using made = await routerHouse({ invoke }, clock, notes);
      made.resolve = () => brief;
      const brief = revision('hello', 3, { timeoutMs: 50 });
      start(made, 'a');
      await clock.advance(100);
      assert.deepEqual(
        notes.take().map((line) => line.split(' ')[1]),
        ['accepted', 'queued', 'bound', 'init', 'started', 'settled'],
      );
      const [end] = notes.settledAs;
      assert.deepEqual([end?.outcome, end?.errorType, end?.durationMs], expected);
    });

  test('whose code cannot be loaded: bound and init, never started', async () => {
    const clock = new VirtualClock();
    const notes = new Notes(clock);
    const outcome = { kind: 'error', payload: Buffer.from('{}'), errorType: 'Runtime.ImportModuleError' } as const;
    await using made = await routerHouse({ init: () => ({ ms: 4, outcome }) }, clock, notes);
    start(made, 'a');
    await clock.advance(100);
    assert.deepEqual(notes.take(), ['a accepted 0', 'a queued 0', 'a bound 4', 'a init 4', 'a settled 4']);
    const [end] = notes.settledAs;
    assert.deepEqual([end?.outcome, end?.errorType, end?.initMs], ['error', 'Runtime.ImportModuleError', 4]);
    assert.notEqual(end?.sandboxId, undefined);
  });

  test('that waits behind another one, and runs', async () => {
    const clock = new VirtualClock();
    const notes = new Notes(clock);
    const script = {
      invoke: async (call: Call) => {
        await call.wait(30);
        return OK;
      },
    };
    await using made = await routerHouse(script, clock, notes);
    made.resolve = () => single;
    const single = revision('hello', 3, { maxConcurrency: 1 });
    start(made, 'a');
    await clock.advance(1);
    notes.take();
    start(made, 'b');
    await clock.advance(100);
    assert.deepEqual(notes.take(), [
      'b accepted 1',
      'b queued 1',
      'a settled 30',
      'b bound 30',
      'b started 30',
      'b settled 60',
    ]);
  });

  test('that is cancelled while queued, refused, or for an unknown function', async () => {
    const clock = new VirtualClock();
    const notes = new Notes(clock);
    await using made = await routerHouse({ invoke: () => new Promise(() => undefined) }, clock, notes);
    made.resolve = () => single;
    const single = revision('hello', 3, { maxConcurrency: 1, maxQueue: 1 });
    start(made, 'a');
    await clock.advance(1);
    notes.take();
    const waiting = start(made, 'b');
    start(made, 'c');
    await clock.advance(0);
    waiting.cancel();
    made.resolve = () => {
      throw lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: 'hello' });
    };
    start(made, 'd');
    assert.deepEqual(notes.take(), [
      'b accepted 1',
      'b queued 1',
      'c accepted 1',
      'c settled 1',
      'b settled 1',
      'd accepted 1',
      'd settled 1',
    ]);
    assert.deepEqual(
      notes.settledAs.map(({ outcome, errorType, version }) => [outcome, errorType, version]),
      [
        ['rejected', 'LAM_POOL_THROTTLED', undefined],
        ['rejected', 'LAM_POOL_CANCELLED', 3],
        ['rejected', 'LAM_REGISTRY_FUNCTION_NOT_FOUND', undefined],
      ],
    );
  });

  test('whose sandbox is killed; one sent ahead is bound to another sandbox and starts once', async () => {
    const clock = new VirtualClock();
    const notes = new Notes(clock);
    let runs = 0;
    const script = {
      invoke: async (call: Call) => {
        if (++runs === 2) await call.wait(1000);
        return OK;
      },
    };
    await using made = await routerHouse(script, clock, notes);
    made.resolve = () => single;
    const single = revision('hello', 3, { maxConcurrency: 1 });
    start(made, 'quick');
    await clock.advance(0);
    notes.take();
    start(made, 'a');
    start(made, 'ahead');
    for (const sandbox of made.driver.alive.values()) sandbox.die({ code: 1, signal: null, outOfMemory: false });
    await clock.advance(100);
    assert.deepEqual(
      notes.take().map((line) => line.slice(0, line.lastIndexOf(' '))),
      [
        'a accepted',
        'a bound',
        'a started',
        'ahead accepted',
        'ahead bound',
        'ahead queued',
        'a settled',
        'ahead bound',
        'ahead init',
        'ahead started',
        'ahead settled',
      ],
    );
    const [, lost, moved] = notes.settledAs;
    assert.deepEqual([lost?.outcome, lost?.errorType, moved?.outcome], ['failure', 'Runtime.ExitError', 'success']);
    assert.notEqual(lost?.sandboxId, moved?.sandboxId);
  });

  test('and may throw: the invocation is answered', async () => {
    const clock = new VirtualClock();
    const fail = (): never => {
      throw new Error('a bad observer');
    };
    const bad: Observer = {
      accepted: fail,
      queued: fail,
      bound: fail,
      init: fail,
      started: fail,
      settled: fail,
      sandbox: fail,
    };
    const notes = new Notes(clock);
    await using made = await routerHouse({}, clock, bad, notes);
    start(made, 'a');
    await clock.advance(10);
    assert.deepEqual(
      notes.settledAs.map(({ outcome }) => outcome),
      ['success'],
    );
    assert.deepEqual(made.logs.troubles, ['an observer failed: a bad observer']);
    made.logs.troubles.length = 0;
  });
});
