import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { handler } from './index.mjs';

const example = JSON.parse(await readFile(new URL('events/example.json', import.meta.url), 'utf8'));

test('handles a push', async () => {
  assert.deepEqual(await handler(example), { ref: 'refs/heads/main', commits: 1 });
});

test('handles bodies in base64', async () => {
  const body = Buffer.from(example.body).toString('base64');
  assert.deepEqual(await handler({ ...example, body, isBase64Encoded: true }), { ref: 'refs/heads/main', commits: 1 });
});

test('ignores other events', async () => {
  assert.deepEqual(await handler({ ...example, headers: { 'x-github-event': 'star' } }), { ignored: 'star' });
});
