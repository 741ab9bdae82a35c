import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { handler } from './index.mjs';

test('reports for the planned time of a scheduled event', async () => {
  const event = JSON.parse(await readFile(new URL('events/example.json', import.meta.url), 'utf8'));
  assert.deepEqual(await handler(event), { job: 'report', planned: '2027-01-31T09:00:00Z' });
});

test('does the job that the event of a schedule names', async () => {
  assert.equal((await handler({ job: 'cleanup' })).job, 'cleanup');
});

test('fails for a job that does not exist, so that the run is tried again and shown as failed', async () => {
  await assert.rejects(handler({ job: 'nothing' }), /there is no job 'nothing'/);
});
