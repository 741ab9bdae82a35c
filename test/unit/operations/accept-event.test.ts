import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionQualifier } from '../../../src/contract/index.ts';
import { acceptEvent, keptByEvents } from '../../../src/operations/accept-event.ts';
import { asyncOperations, type AsyncRooms } from '../../../src/operations/async.ts';
import type { QueuedEvent } from '../../../src/queue/index.ts';
import type { Registry, Revision } from '../../../src/registry/index.ts';
import { asFunctionName, asVersion } from '../../support/ids.ts';
import { queueHouse } from '../../support/queue-house.ts';
import { revision } from '../../support/revisions.ts';

test('versions are kept that events name in the queue, or once the question is asked, for each question', async () => {
  await using house = await queueHouse();
  const { queue, clock } = house;
  const name = asFunctionName('f');
  const registry = { resolve: () => revision('f', 9) as unknown as Revision };
  const ids: Pick<QueuedEvent, 'id'>[] = [];
  const accept = async (version: number): Promise<void> => {
    const qualifier = versionQualifier(asVersion(version));
    const event = { functionName: name, qualifier, event: Buffer.from('1'), origin: { kind: 'call' } } as const;
    ids.push(await acceptEvent({ registry, queue, clock }, event));
  };
  const keptBy = (isKept: Awaited<ReturnType<typeof keptByEvents>>): readonly number[] =>
    [1, 2, 3, 4].filter((version) => isKept(name, asVersion(version)));
  await accept(1);
  const first = await keptByEvents(queue);
  await accept(2);
  const second = await keptByEvents(queue);
  const third = keptByEvents(queue);
  await accept(3);
  assert.deepEqual(
    [keptBy(first), keptBy(second), keptBy(await third)],
    [
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  for (const { id } of ids) await queue.cancel(id);
  assert.deepEqual(keptBy(await keptByEvents(queue)), []);
  assert.deepEqual(keptBy(second), [1, 2, 3]);
});

test('a retry on another version keeps that version, also once the question is asked', async () => {
  await using house = await queueHouse();
  const { queue, clock } = house;
  const name = asFunctionName('f');
  const registry = { resolve: () => revision('f', 9), has: () => true } as unknown as Registry;
  const followers = { add: () => () => undefined } as unknown as AsyncRooms['followers'];
  const { accept, retry } = asyncOperations({ registry, queue, clock, followers });
  const id = await accept({ name, qualifier: undefined, event: Buffer.from('1') });
  await queue.cancel(id);
  const isKept = await keptByEvents(queue);
  const during = keptByEvents(queue);
  assert.equal(isKept(name, asVersion(3)), false);
  const again = await retry(id, asVersion(3));
  assert.equal(isKept(name, asVersion(3)), true);
  assert.equal((await during)(name, asVersion(3)), true);
  assert.equal((await queue.get(again))?.qualifier, versionQualifier(asVersion(3)));
});
