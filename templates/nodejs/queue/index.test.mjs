import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { handler } from './index.mjs';

const example = async () => JSON.parse(await readFile(new URL('events/example.json', import.meta.url), 'utf8'));

test('handles the messages of a batch', async () => {
  assert.deepEqual(await handler(await example()), { batchItemFailures: [] });
});

test('names messages that fail, so that only these are tried again', async () => {
  const event = await example();
  const [first] = event.rmqMessagesByQueue['{{name}}::/'];
  event.rmqMessagesByQueue['{{name}}::/'] = [
    { ...first, data: Buffer.from('nonsense').toString('base64'), basicProperties: { messageId: 'm-1' } },
    { ...first, data: Buffer.from('{}').toString('base64'), deliveryTag: 7, basicProperties: {} },
    first,
  ];
  const { batchItemFailures } = await handler(event);
  assert.deepEqual(batchItemFailures, [{ itemIdentifier: 'm-1' }, { itemIdentifier: '7' }]);
});
