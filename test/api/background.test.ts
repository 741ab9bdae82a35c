import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TriggerConfig } from '../../src/contract/index.ts';
import type { TriggerKind } from '../../src/triggers/index.ts';
import type { EnqueueOutcome, TriggerHost } from '../../src/triggers/running.ts';
import { edgeHouse } from '../support/edge-house.ts';

/** A kind of trigger whose hosts a test uses itself. */
function handKind(hosts: TriggerHost[]): TriggerKind<TriggerConfig> {
  return {
    type: 'hand',
    noun: 'hand',
    schema: { description: 'Enqueues what a test says.', properties: {}, required: [] },
    nameOf: () => 'hand',
    fault: () => undefined,
    load: () =>
      Promise.resolve({
        start: (_, host) => {
          hosts.push(host);
          return Promise.resolve({ stop: () => Promise.resolve() });
        },
      }),
  };
}

test('an event that a trigger queues runs once per id, with its origin, until the function succeeds', async () => {
  const hosts: TriggerHost[] = [];
  const seen: string[] = [];
  const done = Promise.withResolvers<void>();
  await using house = await edgeHouse(
    {
      work: ({ context, event }) => {
        seen.push(`${context.requestId} ${Buffer.from(event).toString()}`);
        if (seen.length === 1)
          return Promise.resolve({ kind: 'error', payload: Buffer.from('{"errorType":"Odd"}'), errorType: 'Odd' });
        done.resolve();
        return Promise.resolve({ kind: 'result', payload: Buffer.from('"done"') });
      },
    },
    { kinds: [handKind(hosts)] },
  );
  await house.publish('work', { triggers: [{ type: 'hand' }] });
  while (hosts[0] === undefined) await new Promise(setImmediate);
  const [host] = hosts;
  const enqueue = (): Promise<EnqueueOutcome> => host.enqueue({ id: 'work@12', event: Buffer.from('{"n":1}') });
  assert.deepEqual(await Promise.all([enqueue(), enqueue()]), ['accepted', 'known']);
  await done.promise;
  assert.equal(await enqueue(), 'known');
  assert.equal(seen.length, 2);
  assert.equal(seen[0], seen[1]);
  assert.match(seen[0] ?? '', /^[0-9a-f-]{36} \{"n":1\}$/);
});
