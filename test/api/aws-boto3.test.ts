import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { awsHouse } from '../support/aws-house.ts';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, '../fixtures/boto3/lifecycle.py');
const hasBoto3 = await run('python3', ['-c', 'import boto3']).then(
  () => true,
  () => false,
);

test(
  'boto3 creates, waits for, invokes, updates, publishes and deletes a function',
  { skip: hasBoto3 ? false : 'boto3 is not installed (Debian: python3-boto3)' },
  async () => {
    await using house = await awsHouse();
    const { stdout } = await run('python3', [SCRIPT, house.house.url]);
    assert.deepEqual(JSON.parse(stdout), {
      created: ['Pending', '$LATEST', 201],
      'same bytes': true,
      invoked: [{ a: 1 }, '$LATEST', true],
      alias: [true, 'arn:aws:lambda:us-east-1:000000000000:function:life:prod'],
      qualified: true,
      listed: ['life'],
      twice: 'Function already exist: life',
      gone: ['Function not found: arn:aws:lambda:us-east-1:000000000000:function:life', 404],
    });
  },
);
