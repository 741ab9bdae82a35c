import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SharedBuilds } from '../../../src/build/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import type { ProjectFunction } from '../../../src/project/index.ts';
import { asFunctionName } from '../../support/ids.ts';
import { workbench, type Workbench } from './fixture.ts';

/** A function of the bench's folder, with its own name and handler. */
function named(
  bench: Workbench,
  name: string,
  config: Partial<ProjectFunction['config']> = {},
  build: Partial<ProjectFunction['build']> = {},
): ProjectFunction {
  return { ...bench.fn({ handler: `${name}.handler`, ...config }, build), name: asFunctionName(name) };
}

test('functions of one folder share a build, and each is told of its own handler', async (t) => {
  const bench = await workbench(t, { 'a.mjs': 'export const handler = 1;', 'b.mjs': 'export const handler = 2;' });
  const builds = new SharedBuilds(bench.context);
  const build = { command: 'echo ran >> ran.txt' };
  const functions = ['a', 'b', 'c', 'd'].map((name) => named(bench, name, {}, build));
  const [a, ...others] = await Promise.all(functions.map((fn) => builds.build(fn, bench.context)));
  assert.ok(a);
  for (const other of others) assert.equal(other.manifest, a.manifest);
  assert.equal(await readFile(join(bench.directory, 'ran.txt'), 'utf8'), 'ran\n');
  assert.deepEqual(
    [a, ...others].map(({ notices }) => notices.length),
    [0, 0, 1, 1],
  );
  assert.match(others[1]?.notices[0] ?? '', /the handler 'c\.handler' has no file/);
  assert.match((await others[2]?.reread())?.notices[0] ?? '', /the handler 'd\.handler' has no file/);
});

test('functions whose sources or settings differ are built apart', async (t) => {
  const bench = await workbench(t, {
    'a.ts': 'export const handler = () => 1;',
    'b.ts': 'export const handler = () => 2;',
    'c.mjs': 'export const handler = () => 3;',
  });
  const builds = new SharedBuilds(bench.context);
  const built = await Promise.all(
    [
      named(bench, 'a'),
      named(bench, 'b'),
      named(bench, 'c'),
      named(bench, 'a', {}, { include: ['c.mjs'] }),
      named(bench, 'a', { runtime: 'provided' }),
      named(bench, 'b'),
    ].map((fn) => builds.build(fn, bench.context)),
  );
  assert.equal(new Set(built.map(({ manifest }) => manifest)).size, 5);
  assert.equal(built[5]?.manifest, built[1]?.manifest);
  assert.ok((await readdir(bench.workspace)).length > 0);
  await builds.dispose();
  assert.deepEqual(await readdir(bench.workspace), []);
});

test('a shared build that fails is reported for each function', async (t) => {
  const bench = await workbench(t, { 'a.mjs': '' });
  const builds = new SharedBuilds(bench.context);
  const outcomes = await Promise.allSettled(
    ['a', 'b'].map((name) => builds.build(named(bench, name, {}, { command: 'exit 3' }), bench.context)),
  );
  const messages = outcomes.map((each) => (each.status === 'rejected' && isLamError(each.reason) ? each.reason : null));
  assert.deepEqual(
    messages.map((error) => [error?.code, error?.details['function']]),
    [
      ['LAM_BUILD_FAILED', 'a'],
      ['LAM_BUILD_FAILED', 'b'],
    ],
  );
  assert.equal(bench.steps.length, 1);
  await builds.dispose();
});
