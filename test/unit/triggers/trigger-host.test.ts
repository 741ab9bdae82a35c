import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DurableTriggerEvent } from '../../../src/triggers/running.ts';
import { SupervisedHost } from '../../../src/triggers/supervisor/trigger-host.ts';
import { asFunctionName, asRequestId } from '../../support/ids.ts';
import { MemoryStates } from '../../support/memory-states.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { ARNS } from '../../support/arns.ts';

test('a host adds the identity of its trigger to events that are queued, and queues none of a stopped one', async () => {
  const queued: DurableTriggerEvent[] = [];
  const host = new SupervisedHost(
    { functionName: asFunctionName('f'), type: 'tick', name: 'every 1 s' },
    {
      clock: new VirtualClock(),
      deliver: () => assert.fail('nothing is fired'),
      enqueue: (event) => {
        queued.push(event);
        return Promise.resolve('accepted');
      },
      follow: () => Promise.resolve(false),
      requestIdOf: ({ id }) => asRequestId(id),
      expect: () => assert.fail('nothing is expected'),
      count: () => assert.fail('nothing is counted'),
      variable: () => undefined,
      receive: () => () => undefined,
      arns: ARNS,
      home: '/nowhere',
      states: new MemoryStates(),
      onTrouble: (what) => assert.fail(what),
    },
    () => assert.fail('nothing fails'),
    0,
  );
  const event = Buffer.from('{}');
  assert.equal(await host.enqueue({ id: '@12', event, notBefore: 12 }), 'accepted');
  const expected = { id: '@12', event, notBefore: 12, functionName: 'f', type: 'tick', trigger: 'every 1 s' };
  assert.deepEqual(queued, [expected]);
  host.close();
  await assert.rejects(host.enqueue({ id: '@13', event }), { code: 'LAM_TRIGGERS_STOPPED' });
  assert.equal(queued.length, 1);
  assert.equal(await host.follow('@12', () => undefined), false);
  assert.equal(host.requestIdOf('@12'), asRequestId('@12'));
});
