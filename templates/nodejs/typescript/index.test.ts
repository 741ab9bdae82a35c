import assert from 'node:assert/strict';
import test from 'node:test';
import { handler } from './index.ts';

test('greets by name', async () => {
  assert.deepEqual(await handler({ name: 'Ada' }), { message: 'Hello Ada!' });
});

test('greets by the name in the query of an HTTP request', async () => {
  assert.deepEqual(await handler({ queryStringParameters: { name: 'Ada' } }), { message: 'Hello Ada!' });
});

test('greets the world when nobody is named', async () => {
  assert.deepEqual(await handler({}), { message: 'Hello world!' });
});
