import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mutex } from '../../../src/kit/index.ts';

test('a mutex runs one task at a time, in call order, also after a failure', async () => {
  const mutex = new Mutex();
  const order: string[] = [];
  const gates = ['a', 'b', 'c'].map((name) => ({ name, gate: Promise.withResolvers<string>() }));
  const runs = gates.map(({ name, gate }) =>
    mutex.run(async () => {
      order.push(`${name} begins`);
      return gate.promise.finally(() => order.push(`${name} ends`));
    }),
  );
  gates[2]?.gate.resolve('third');
  gates[1]?.gate.resolve('second');
  gates[0]?.gate.reject(new TypeError('as asked'));
  const results = await Promise.allSettled(runs);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    ['TypeError: as asked', 'second', 'third'],
  );
  assert.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
