import { expect, test } from 'bun:test';
import { handler } from './index.ts';

test('greets by name', async () => {
  expect(await handler({ name: 'Ada' })).toEqual({ message: 'Hello Ada!' });
});

test('greets by the name in the query of an HTTP request', async () => {
  expect(await handler({ queryStringParameters: { name: 'Ada' } })).toEqual({ message: 'Hello Ada!' });
});

test('greets the world when nobody is named', async () => {
  expect(await handler({})).toEqual({ message: 'Hello world!' });
});
