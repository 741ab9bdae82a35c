import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { handler } from './index.mjs';

const example = JSON.parse(await readFile(new URL('./events/example.json', import.meta.url), 'utf8'));

/** Calls the handler as the given route, and reads the answer's body. */
async function call(routeKey, members = {}) {
  const response = await handler({ ...example, routeKey, ...members });
  return { status: response.statusCode, body: JSON.parse(response.body), headers: response.headers };
}

test('GET greets by the name in the path', async () => {
  const { status, body } = await call('GET /{{name}}/greetings/{name}');
  assert.equal(status, 200);
  assert.deepEqual(body, { message: 'Hello Ada!' });
});

test('GET takes the greeting from the query', async () => {
  const { body } = await call('GET /{{name}}/greetings/{name}', { queryStringParameters: { greeting: 'Ahoy' } });
  assert.deepEqual(body, { message: 'Ahoy Ada!' });
});

test('POST answers 201 with the place of the greeting', async () => {
  const { status, headers } = await call('POST /{{name}}/greetings', { body: '{"name":"Grace Hopper"}' });
  assert.equal(status, 201);
  assert.equal(headers.location, '/{{name}}/greetings/Grace%20Hopper');
});

test('POST answers 400 to a body that is not JSON, and to one without a name', async () => {
  assert.equal((await call('POST /{{name}}/greetings', { body: 'nonsense' })).status, 400);
  assert.equal((await call('POST /{{name}}/greetings', { body: '{}' })).status, 400);
  assert.equal((await call('POST /{{name}}/greetings', { body: 'null' })).status, 400);
});

test('another route answers 404 with a JSON error', async () => {
  const { status, body } = await call('$default');
  assert.equal(status, 404);
  assert.deepEqual(body, { error: 'there is no /{{name}}/greetings/Ada' });
});
