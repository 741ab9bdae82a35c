import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InvokeOutcome } from '../../../src/executor/session.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { revision } from '../../support/revisions.ts';
import { routerHouse, type RouterHouse } from '../../support/router-house.ts';
import { asFunctionName } from '../../support/ids.ts';

const OK: InvokeOutcome = { kind: 'result', payload: Buffer.from('{}') };

/** Starts one and records the calls of its sink, with milliseconds since `from` for `started`. */
function startOne(made: RouterHouse, clock: VirtualClock, into: string[], name: string): void {
  const from = clock.now();
  made.router.start(
    { name: asFunctionName('hello'), qualifier: undefined, event: Buffer.from(name) },
    {
      started: (at) => void into.push(`${name} started at ${at - from}`),
      answered: ({ status }) => void into.push(`${name} ${status}`),
      failed: ({ code }) => void into.push(`${name} ${code}`),
    },
  );
}

describe('started is called', () => {
  test('after init, before the answer', async () => {
    const clock = new VirtualClock();
    await using made = await routerHouse({ boot: () => ({ ms: 5 }), init: () => ({ ms: 7 }) }, clock);
    const told: string[] = [];
    startOne(made, clock, told, 'a');
    await clock.advance(100);
    assert.deepEqual(told, ['a started at 12', 'a success']);
  });

  test('when the answer ahead of it was read, for an invocation sent ahead', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    let runs = 0;
    const script = {
      invoke: async (call: { wait(ms: number): Promise<void> }): Promise<InvokeOutcome> => {
        // The first is quick, so that the third is sent ahead.
        if (++runs === 2) await call.wait(4);
        return OK;
      },
    };
    await using made = await routerHouse(script, clock);
    made.resolve = () => single;
    const single = revision('hello', 3, { maxConcurrency: 1 });
    for (const name of ['a', 'b', 'c']) {
      startOne(made, clock, told, name);
      if (name === 'a') await clock.advance(0);
    }
    assert.deepEqual(told.splice(0), ['a started at 0', 'a success', 'b started at 0']);
    await clock.advance(10);
    assert.deepEqual(told, ['b success', 'c started at 4', 'c success']);
  });

  test('once, for an invocation that returned unstarted and ran in another sandbox', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    let runs = 0;
    const script = {
      invoke: async (call: { wait(ms: number): Promise<void> }): Promise<InvokeOutcome> => {
        if (++runs === 2) await call.wait(1000);
        return OK;
      },
    };
    await using made = await routerHouse(script, clock);
    for (const name of ['a', 'b', 'c']) {
      startOne(made, clock, told, name);
      if (name === 'a') await clock.advance(0);
    }
    await clock.advance(2000);
    assert.equal(made.driver.created.length, 2);
    assert.deepEqual(told, [
      'a started at 0',
      'a success',
      'b started at 0',
      'c started at 30',
      'c success',
      'b success',
    ]);
  });

  test('not if its sandbox is lost before: it runs elsewhere, and a started one is answered', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    let runs = 0;
    const script = {
      invoke: async (call: { wait(ms: number): Promise<void> }): Promise<InvokeOutcome> => {
        if (++runs === 2) await call.wait(1000);
        return OK;
      },
    };
    await using made = await routerHouse(script, clock);
    made.resolve = () => single;
    const single = revision('hello', 3, { maxConcurrency: 1 });
    for (const name of ['a', 'b', 'c']) {
      startOne(made, clock, told, name);
      if (name === 'a') await clock.advance(0);
    }
    told.length = 0;
    for (const sandbox of made.driver.alive.values()) sandbox.die({ code: 1, signal: null, outOfMemory: false });
    await clock.advance(100);
    assert.deepEqual(told, ['b failure', 'c started at 0', 'c success']);
  });

  test('never if the code cannot be loaded', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    const payload = Buffer.from('{}');
    await using made = await routerHouse(
      { init: () => ({ ms: 1, outcome: { kind: 'error', errorType: 'E', payload } }) },
      clock,
    );
    startOne(made, clock, told, 'a');
    await clock.advance(10);
    assert.deepEqual(told, ['a error']);
  });
});
