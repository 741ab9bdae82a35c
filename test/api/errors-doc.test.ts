import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { edgeHouse } from '../support/edge-house.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/errors.md');

test('errors over HTTP have the members that docs/errors.md names', async () => {
  const rows = (await readFile(DOCUMENT, 'utf8')).split('\n').filter((line) => line.startsWith('| '));
  /** The members in the row about `path`, in order. */
  const documented = (path: string): string[] => {
    const form = rows.find((row) => row.includes(`\`${path}`))?.split('|')[2] ?? '';
    return [...form.matchAll(/"(\w+)"/g)].map(([, name]) => name ?? '');
  };
  await using house = await edgeHouse();
  const own = (await house.control('/_lam/v1/functions/nope')).json();
  assert.deepEqual(Object.keys(own), documented('/_lam/v1/'));
  const http = (await house.ask('/nope/x')).json();
  assert.deepEqual(Object.keys(http), documented('/FUNCTION'));
  const invoked = await house.ask('/2015-03-31/functions/nope/invocations', { method: 'POST', body: '{}' });
  const header = JSON.parse(Buffer.from(String(invoked.headers['x-lam-error']), 'base64').toString()) as object;
  assert.equal(invoked.headers['x-amzn-errortype'], 'ResourceNotFoundException');
  const [type, capital, , , ...inHeader] = documented('/2015-03-31/functions/');
  assert.deepEqual([Object.keys(invoked.json()), Object.keys(header)], [[type, capital], inHeader]);
});
