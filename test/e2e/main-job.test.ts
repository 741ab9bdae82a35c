import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RollbackAnswer } from '../../src/contract/index.ts';
import { describeMainJob } from './main-job.ts';
import { lamSession } from './session.ts';

describeMainJob('process', 'scripts');

test('a rollback can name an earlier version, and a dry run changes nothing', async () => {
  await using s = await lamSession();
  for (const n of [1, 2, 3]) await s.ok(['deploy', 'count', '--inline', `exports.handler = async () => ${n}`]);
  const dry = await s.ok(['rollback', 'count', 'v1', '--dry-run']);
  assert.equal(dry.stdout, 'count: v3 -> v1 (dry run, nothing changed)\n');
  assert.equal((await s.ok(['invoke', 'count'])).stdout, '3');
  const back = await s.json<RollbackAnswer>(['rollback', 'count', 'v1']);
  assert.deepEqual([back.from, back.to], [3, 1]);
  assert.equal((await s.ok(['invoke', 'count'])).stdout, '1');
  // A deploy after a rollback gets the next number: numbers are never reused.
  assert.match(
    (await s.ok(['deploy', 'count', '--inline', 'exports.handler = async () => 4'])).stdout,
    /^count v4 live/,
  );
});
