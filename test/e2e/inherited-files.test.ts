import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lamSession, PROGRAM } from './session.ts';

const BASH = '/bin/bash';
const READS = `const { readFileSync } = require('node:fs');
exports.handler = async () => {
  try {
    return readFileSync(63, 'utf8');
  } catch (error) {
    return error.code;
  }
};
`;

test('functions do not inherit what the starter of the daemon had open', { skip: !existsSync(BASH) }, async () => {
  await using s = await lamSession();
  const secret = join(s.root, 'secret');
  writeFileSync(secret, 'private to the starter', { mode: 0o600 });
  // Where bash puts the output of <(command).
  const script = 'exec 63<"$1"; exec "$2" start';
  execFileSync(BASH, ['-c', script, BASH, secret, PROGRAM], { cwd: s.cwd, env: s.environment(), stdio: 'ignore' });
  const cwd = s.files('reads', { 'lam.yaml': 'name: reads\nruntime: nodejs\n', 'index.js': READS });
  await s.ok(['deploy'], { cwd });
  assert.equal(JSON.parse((await s.ok(['invoke', 'reads'])).stdout), 'EBADF');
});
