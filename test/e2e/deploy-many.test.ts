import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lamSession, type LamSession } from './session.ts';

let s: LamSession;
before(async () => {
  s = await lamSession();
});
after(() => s.dispose());

test('a function that cannot be built does not stop the others of its project, and is reported with its reason', async () => {
  const cwd = s.files('many', {
    'lam.yaml':
      'functions:\n  good: { runtime: nodejs, path: good }\n  bad: { runtime: nodejs, path: bad, build: { bundle: true } }\n',
    'good/index.mjs': 'export const handler = async () => "good";',
    'bad/index.ts': 'import { nothing } from "./absent.ts"; export const handler = nothing;',
  });
  const told = await s.run(['deploy'], { cwd });
  assert.equal(told.code, 8);
  assert.match(told.stdout, /^good v1 live/);
  assert.match(told.stderr, /^ {2}good: sending one file$/m);
  assert.match(told.stderr, /^Error: bad: .*\n.*Could not resolve ".\/absent.ts"/m);
  assert.match(told.stderr, /^Error: 1 of 2 functions could not be deployed: bad$/m);
  const fault = await s.refused(['deploy'], 'LAM_CLI_DEPLOY_FAILED', 8, { cwd });
  assert.deepEqual(fault.details?.['failed'], ['bad']);
  assert.equal((await s.ok(['invoke', 'good'])).stdout.trim(), '"good"');
});

test('functions over one folder are sent once, and deploy unchanged without sending', async () => {
  const cwd = s.files('shared', {
    'lam.yaml':
      'defaults: {runtime: nodejs}\nfunctions: {a: {handler: all.a}, b: {handler: all.b}, c: {handler: all.c}}\n',
    'all.mjs':
      'export const a = async () => "a";\nexport const b = async () => "b";\nexport const c = async () => "c";\n',
    'data.bin': 'x'.repeat(3_000_000),
  });
  const { stderr } = await s.ok(['deploy'], { cwd });
  assert.equal(stderr.match(/sending \d+ files|sending one file/g)?.length, 1, stderr);
  for (const name of ['a', 'b', 'c']) assert.equal((await s.ok(['invoke', name])).stdout.trim(), `"${name}"`);
  const again = await s.ok(['deploy'], { cwd });
  assert.doesNotMatch(again.stderr, /sending/);
  assert.equal(again.stdout, 'a: no change (v1)\nb: no change (v1)\nc: no change (v1)\n');
});
