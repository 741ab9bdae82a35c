import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enqueueTo, followIn, requestIdOf } from '../../../src/daemon/deliver.ts';
import { FollowedInvocations } from '../../../src/daemon/followed-invocations.ts';
import type { DurableEnd, EnqueueEvent, FollowEvent } from '../../../src/triggers/running.ts';
import { asFunctionName } from '../../support/ids.ts';
import { revision } from '../../support/revisions.ts';
import { queueHouse, type QueueHouse } from '../../support/queue-house.ts';

const F = asFunctionName('f');
const event = (id: string) => ({ functionName: F, type: 'schedule', trigger: 't', id, event: Buffer.from('{}') });

const REVISION = { ...revision('f', 1), key: 'f@1' };

interface Triggers {
  readonly enqueue: EnqueueEvent;
  readonly follow: FollowEvent;
}

function triggersOf({ queue, clock }: QueueHouse): Triggers {
  const followed = new FollowedInvocations(queue);
  return {
    enqueue: enqueueTo({ queue, clock, registry: { resolve: () => REVISION } }, followed),
    follow: followIn(followed),
  };
}

/** Ends the oldest queued event: with success, or with an error of this type after its last attempt. */
async function end({ queue, clock }: QueueHouse, errorType?: string): Promise<void> {
  const { events } = await queue.lease(F, 1, 60_000);
  const [leased] = events;
  assert.ok(leased);
  const attempt = { at: clock.now(), durationMs: 1, status: errorType === undefined ? 'success' : 'error' };
  await queue.settle(leased.token, {
    kind: errorType === undefined ? 'completed' : 'failed',
    attempt: { ...attempt, ...(errorType === undefined ? {} : { errorType }) },
  });
}

/** Collects ends, and waits for one. */
class Ends {
  readonly all: DurableEnd[] = [];
  readonly add = (one: DurableEnd): void => void this.all.push(one);

  async first(): Promise<DurableEnd> {
    for (;;) {
      const [one] = this.all;
      if (one !== undefined) return one;
      await new Promise(setImmediate);
    }
  }
}

describe('the ends of queued events', () => {
  test('are told once to who queued them, with the type of the error', async () => {
    await using house = await queueHouse();
    const { enqueue } = triggersOf(house);
    const [good, bad] = [new Ends(), new Ends()];
    assert.equal(await enqueue(event('1'), good.add), 'accepted');
    await end(house);
    assert.deepEqual(await good.first(), { isSuccess: true });
    assert.equal(await enqueue(event('2'), bad.add), 'accepted');
    await end(house, 'TypeError');
    assert.deepEqual(await bad.first(), { isSuccess: false, why: 'TypeError' });
    assert.deepEqual([good.all.length, bad.all.length], [1, 1]);
  });

  test('are told to who queues an event again, before or after it has ended', async () => {
    await using house = await queueHouse();
    const { enqueue } = triggersOf(house);
    const [first, second, third] = [new Ends(), new Ends(), new Ends()];
    await enqueue(event('1'), first.add);
    assert.equal(await enqueue(event('1'), second.add), 'known');
    await end(house);
    await Promise.all([first.first(), second.first()]);
    assert.equal(await enqueue(event('1'), third.add), 'known');
    assert.deepEqual(third.all, [{ isSuccess: true }]);
    assert.deepEqual([first.all.length, second.all.length], [1, 1]);
  });

  test('are told of events that an earlier daemon queued, and not of unknown ones', async () => {
    await using house = await queueHouse();
    await triggersOf(house).enqueue(event('1'));
    await house.reopen();
    const { follow } = triggersOf(house);
    const [known, unknown] = [new Ends(), new Ends()];
    assert.equal(await follow(event('1'), known.add), true);
    assert.equal(await follow(event('2'), unknown.add), false);
    await house.queue.cancel(requestIdOf(event('1')));
    assert.deepEqual(await known.first(), { isSuccess: false, why: 'cancelled' });
    assert.deepEqual(unknown.all, []);
  });

  test('are not told when an event could not be queued', async () => {
    await using house = await queueHouse();
    const { enqueue, follow } = triggersOf(house);
    await house.queue.close();
    const ends = new Ends();
    await assert.rejects(enqueue(event('1'), ends.add));
    await assert.rejects(follow(event('1'), ends.add));
    assert.deepEqual(ends.all, []);
  });
});
