import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventEnded } from '../../../src/triggers/running.ts';
import { TriggerTally } from '../../../src/triggers/supervisor/trigger-tally.ts';

describe('the tally of a trigger', () => {
  const ends: EventEnded[] = [];
  const queue = (end: EventEnded): Promise<'accepted'> => (ends.push(end), Promise.resolve('accepted'));
  const follow = (end: EventEnded): Promise<boolean> => (ends.push(end), Promise.resolve(true));

  test('counts an event once that its trigger follows again after a pause', async () => {
    const tally = new TriggerTally(() => undefined);
    await tally.queued('one', queue);
    await tally.followed('one', follow, () => undefined);
    assert.equal(tally.counts.running, 1);
    await tally.queued('two', queue);
    assert.equal(tally.counts.running, 2);
    for (const end of ends) end({ isSuccess: true });
    assert.deepEqual([tally.counts.running, tally.counts.received], [0, 2]);
  });
});
