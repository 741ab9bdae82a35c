import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { DfAnswer, FunctionDetail, GcAnswer } from '../../src/contract/index.ts';
import { lamSession, type LamSession } from './session.ts';

const BALLAST = 2 * 1024 * 1024;

/** Deploys a project with a large file that never changes and a small one that does. */
async function deploy(s: LamSession, n: number, ballast: Uint8Array): Promise<void> {
  const files = {
    'lam.yaml': 'name: big\nruntime: nodejs\n',
    'index.mjs': `export const handler = () => ${n};`,
    'ballast.bin': ballast,
  };
  await s.ok(['deploy'], { cwd: s.files('big', files) });
}

test('versions share files on disk; gc deletes old versions, never live or aliased ones, and --dry-run lists them', async () => {
  await using s = await lamSession();
  const ballast = randomBytes(BALLAST);
  for (let n = 1; n <= 5; n += 1) await deploy(s, n, ballast);
  await s.ok(['alias', 'set', 'big', 'stable', 'v1']);

  const df = await s.json<DfAnswer>(['df']);
  assert.deepEqual([df.home, df.functions[0]?.name, df.functions[0]?.versions], [s.home, 'big', 5]);
  assert.ok((df.functions[0]?.logical ?? 0) > 5 * BALLAST);
  assert.ok(df.objects.bytes < 1.1 * BALLAST, `${df.objects.bytes} bytes of files`);
  assert.match((await s.ok(['df'])).stdout, /^NAME +VERSIONS +IF COPIED +ITS OWN +LOGS\nbig +5 +10 MiB /);

  const dry = await s.json<GcAnswer>(['gc', '--keep', '2', '--dry-run']);
  const freed = [
    { name: 'big', version: 2 },
    { name: 'big', version: 3 },
  ];
  assert.deepEqual(
    dry.versions.toSorted((a, b) => a.version - b.version),
    freed,
  );
  assert.ok(dry.bytes > 0 && dry.bytes < BALLAST);
  assert.equal((await s.json<FunctionDetail>(['describe', 'big'])).versions, 5);
  assert.match(
    (await s.ok(['gc', '--keep', '2', '--dry-run'])).stdout,
    /\nwould free .+: 2 versions, 2 artifacts, 2 files\n$/,
  );

  const unasked = await s.refused(['gc', '--keep', '2'], 'LAM_CLI_NEEDS_YES', 2);
  assert.match(unasked.message, /: deleting big v2, v3, to which you could roll back$/);
  const env = { NO_COLOR: undefined, CI: undefined, TERM: 'xterm' };
  const asked = await s.run(['gc', '--keep', '2'], { env, terminal: true, stdin: 'no\n' });
  assert.equal(asked.code, 130, asked.stdout);
  assert.match(asked.stdout, /deleting big v2, v3, to which you could roll back\? \[y\/N\]/);
  assert.equal((await s.json<FunctionDetail>(['describe', 'big'])).versions, 5);
  const done = await s.json<GcAnswer>(['gc', '--keep', '2', '--yes']);
  assert.deepEqual(done, dry);
  const left = await s.json<FunctionDetail>(['describe', 'big']);
  assert.deepEqual(
    left.allVersions.map((v) => v.version),
    [5, 4, 1],
  );
  for (const [reference, result] of [
    ['big', '5'],
    ['big@4', '4'],
    ['big:stable', '1'],
  ] as const) {
    assert.equal((await s.ok(['invoke', reference])).stdout, result);
  }
  await s.refused(['invoke', 'big@2'], 'LAM_REGISTRY_VERSION_NOT_FOUND', 4);
  assert.match((await s.ok(['gc', '--keep', '2'])).stdout, /^freed 0 B: 0 versions, 0 artifacts, 0 files\n$/);
  // A number is never used twice, whatever was deleted.
  await deploy(s, 6, ballast);
  assert.equal((await s.json<FunctionDetail>(['describe', 'big'])).live, 6);
  await s.ok(['delete', 'big', '-y']);
  const empty = await s.json<GcAnswer>(['gc']);
  assert.ok(empty.bytes >= BALLAST, `${empty.bytes} bytes were freed`);
  assert.equal((await s.json<DfAnswer>(['df'])).objects.count, 0);
});
