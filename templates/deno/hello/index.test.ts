import assert from 'node:assert/strict';
import { handler } from './index.ts';

Deno.test('greets by name', async () => {
  assert.deepEqual(await handler({ name: 'Ada' }), { message: 'Hello Ada!' });
});

Deno.test('greets by the name in the query of an HTTP request', async () => {
  assert.deepEqual(await handler({ queryStringParameters: { name: 'Ada' } }), { message: 'Hello Ada!' });
});

Deno.test('greets the world when nobody is named', async () => {
  assert.deepEqual(await handler({}), { message: 'Hello world!' });
});
