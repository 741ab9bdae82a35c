import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail, TriggerPhase, TriggerState } from '../../src/contract/index.ts';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { asFunctionName } from '../support/ids.ts';
import { ObservedTriggers } from '../support/observed-triggers.ts';

/** Pauses before retries and between two looks at lags take a fiftieth of their time. */
const QUICK_CLOCK: Clock = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms / 50, run),
  every: (ms, run) => systemClock.every(ms / 50, run),
};
const FUNCTION = asFunctionName('counted');
const SECRET = 'secret';

describe('what triggers do with events that they queue', () => {
  const observed = new ObservedTriggers();
  let house: EdgeHouse;
  let isHeld = true;
  let release: () => void = () => undefined;

  before(async () => {
    house = await edgeHouse(
      {
        [FUNCTION]: async ({ event }) => {
          const text = Buffer.from(event).toString();
          if (text.includes('held') && isHeld) await new Promise<void>((resolve) => (release = resolve));
          if (!text.includes('poison')) return { kind: 'result', payload: Buffer.from('null') };
          return { kind: 'error', payload: Buffer.from('{}'), errorType: 'Poisoned' };
        },
      },
      { clock: QUICK_CLOCK, observers: [observed] },
    );
    await house.publish(FUNCTION, {
      maximumRetryAttempts: 1,
      maxConcurrency: 8,
      timeoutMs: 900_000,
      environment: { SECRET },
      triggers: [
        { type: 'webhook', path: '/hooks/in', secret: '${SECRET}', signature: 'github' },
        { type: 'schedule', name: 'good', every: '400d', event: 'fine' },
        { type: 'schedule', name: 'bad', every: '400d', event: 'poison' },
        { type: 'schedule', name: 'busy', every: '1s', overlap: 'queue', event: 'held' },
      ],
    });
  });
  after(() => house?.[Symbol.asyncDispose]());

  async function state(name: string): Promise<TriggerState> {
    const detail = (await house.control(`/_lam/v1/functions/${FUNCTION}`)).json() as unknown as FunctionDetail;
    return detail.triggerStates.find((one) => one.name === name) ?? assert.fail(`there is no trigger ${name}`);
  }

  async function reaches(name: string, is: (state: TriggerState) => boolean): Promise<TriggerState> {
    for (;;) {
      const now = await state(name);
      if (is(now)) return now;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const shown = ({ counts }: TriggerState, ...phases: readonly TriggerPhase[]): unknown =>
    phases.map((phase) => counts?.[phase]);

  test('is shown and observed of webhooks: accepted, copies, failures, retries, what is given up', async () => {
    const send = async (body: string, secret = SECRET): Promise<number> => {
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': body };
      return (await house.ask('/hooks/in', { method: 'POST', body, headers })).status;
    };
    await reaches('/hooks/in', (now) => now.state === 'running');
    assert.deepEqual([await send('"a"'), await send('"a"'), await send('"poison"')], [202, 200, 202]);
    assert.deepEqual([await send('"a"', 'wrong'), await send('"b"', 'wrong')], [401, 401]);
    const end = await reaches('/hooks/in', ({ counts }) => counts?.running === 0);
    assert.deepEqual(shown(end, 'refused'), [2]);
    assert.deepEqual(shown(end, 'received', 'filtered', 'succeeded', 'failed', 'retried', 'dead'), [2, 1, 1, 2, 1, 1]);
    observed.assertAgrees(FUNCTION, end);
  });

  test('is shown and observed of schedules, also of runs that a user asks for', async () => {
    for (const name of ['good', 'bad']) {
      await reaches(name, (now) => now.state === 'running');
      const { status } = await house.control(`/_lam/v1/functions/${FUNCTION}/triggers/schedule/${name}/run`, {
        method: 'POST',
      });
      assert.equal(status, 200);
    }
    const ended = ({ counts }: TriggerState): boolean => counts?.received === 1 && counts.running === 0;
    const [good, bad] = [await reaches('good', ended), await reaches('bad', ended)];
    assert.deepEqual(shown(good, 'succeeded', 'failed', 'retried', 'dead'), [1, 0, 0, 0]);
    assert.deepEqual(shown(bad, 'succeeded', 'failed', 'retried', 'dead'), [0, 2, 1, 1]);
    for (const one of [good, bad]) observed.assertAgrees(FUNCTION, one);
  });

  test('waits as the lag of a schedule until it may run', async () => {
    const trigger = { functionName: FUNCTION, type: 'schedule', name: 'busy' };
    const waiting = await reaches('busy', ({ lag = 0 }) => lag > 0);
    assert.equal(waiting.counts?.running, 1);
    await reaches('busy', () => (observed.lagOf(trigger) ?? 0) > 0);
    isHeld = false;
    release();
    await house.control(`/_lam/v1/functions/${FUNCTION}/triggers/schedule/busy/pause`, { method: 'POST' });
    const end = await reaches('busy', ({ counts }) => counts?.running === 0);
    observed.assertAgrees(FUNCTION, end);
    await reaches('busy', () => observed.lagOf(trigger) === undefined);
  });
});
