import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endedWithin } from '../../../../src/driver/shared/ended-within.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

test('waiting for an end says whether it came in time', async () => {
  const clock = new VirtualClock();
  assert.equal(await endedWithin(clock, 10, Promise.resolve('any value')), true);
  const late = endedWithin(clock, 10, new Promise(() => undefined));
  await clock.advance(10);
  assert.equal(await late, false);
});
