import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Semaphore } from '../../../src/kit/index.ts';

test('a semaphore runs its number of tasks at a time, in call order, also after a failure', async () => {
  const semaphore = new Semaphore(2);
  const order: string[] = [];
  const gates = ['a', 'b', 'c', 'd'].map((name) => ({ name, gate: Promise.withResolvers<void>() }));
  const runs = gates.map(({ name, gate }) =>
    semaphore.run(async () => {
      order.push(name);
      await gate.promise;
    }),
  );
  await Promise.resolve();
  assert.deepEqual(order, ['a', 'b']);
  gates[1]?.gate.reject(new TypeError('as asked'));
  await assert.rejects(runs[1] ?? Promise.resolve());
  assert.deepEqual(order, ['a', 'b', 'c']);
  for (const { gate } of gates) gate.resolve();
  await Promise.allSettled(runs);
  assert.deepEqual(order, ['a', 'b', 'c', 'd']);
});
