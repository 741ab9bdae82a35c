import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { awsHouse } from '../support/aws-house.ts';

const run = promisify(execFile);
const SCRIPTS = join(import.meta.dirname, '../fixtures/boto3');
const hasBoto3 = await run('python3', ['-c', 'import boto3']).then(
  () => true,
  () => false,
);

test(
  'boto3 creates, waits for, invokes, updates, publishes and deletes a function',
  { skip: hasBoto3 ? false : 'boto3 is not installed (Debian: python3-boto3)' },
  async () => {
    await using house = await awsHouse();
    const { stdout } = await run('python3', [join(SCRIPTS, 'lifecycle.py'), house.house.url]);
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

test(
  'boto3 maps sources, provisions, signs, shares layers and opens URLs to pages',
  { skip: hasBoto3 ? false : 'boto3 is not installed (Debian: python3-boto3)' },
  async () => {
    await using house = await awsHouse(undefined, { aws: { endpoints: { sqs: 'http://127.0.0.1:1' } } });
    const { stdout } = await run('python3', [join(SCRIPTS, 'operations.py'), house.house.url]);
    assert.deepEqual(JSON.parse(stdout), {
      mapping: ['Creating', 5, [true], 'Disabled'],
      deleted: 'Deleting',
      'no mapping': 'The resource you requested does not exist.',
      provisioned: ['IN_PROGRESS', 'READY', 'No Provisioned Concurrency Config found for this function'],
      signing: ['arn:aws:lambda:us-east-1:000000000000:function:more'],
      policy: ['all'],
      cors: true,
    });
  },
);
