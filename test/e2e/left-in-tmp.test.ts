import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, lamSession } from './session.ts';

/** Makes a folder whose path is longer than the system takes, and one that is closed; returns its user. */
const LEAVES = `const { chmodSync, mkdirSync } = require('node:fs');
exports.handler = async () => {
  process.chdir(process.env.TMPDIR);
  mkdirSync('closed/inner', { recursive: true });
  chmodSync('closed', 0);
  for (let at = 0; at < 60; at++) {
    mkdirSync('d'.repeat(200));
    process.chdir('d'.repeat(200));
  }
  return process.getuid();
};
`;

test('no folder that a function leaves stays, or changes how functions are kept apart', async () => {
  await using s = await lamSession();
  const cwd = s.files('leaves', { 'lam.yaml': 'name: leaves\nruntime: nodejs\n', 'index.js': LEAVES });
  await s.ok(['deploy'], { cwd });
  const isRoot = (await s.ok(['invoke', 'leaves'])).stdout === '0';
  assert.equal(isRoot, false, 'functions do not run as root');
  await s.ok(['delete', 'leaves', '-y']);
  // Sandboxes with users of their own have their folders in the second.
  const parents = ['sb', 'own'].map((name) => join(s.home, 'run', name)).filter((path) => existsSync(path));
  const folders = (): readonly string[] =>
    parents.flatMap((parent) => readdirSync(parent).map((name) => join(parent, name, 'tmp')));
  const left = (): readonly string[] => folders().filter((tmp) => existsSync(join(tmp, 'closed')));
  assert.ok(await eventually(() => left().length === 0), `${left().join(' ')} is left`);
  await s.ok(['deploy'], { cwd });
  await s.ok(['invoke', 'leaves']);
  const { pid } = await s.status();
  process.kill(pid, 'SIGKILL');
  await s.ok(['restart']);
  assert.notEqual((await s.ok(['invoke', 'leaves'])).stdout, '0');
});
