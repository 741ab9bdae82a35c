import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { lamSession, type LamSession } from './session.ts';

const LAYOUTS = {
  'a path each': 'functions:\n  a: {runtime: nodejs, path: a}\n  b: {runtime: nodejs, path: b}\n',
  'handlers in folders':
    'defaults: {runtime: nodejs}\nfunctions:\n  a: {handler: a/index.handler}\n  b: {handler: b/index.handler}\n',
};
const answering = (text: string): string => `exports.handler = async () => '${text}';\n`;

interface DeployAnswer {
  readonly functions: readonly { readonly name: string; readonly version: number; readonly unchanged: boolean }[];
}

for (const [title, yaml] of Object.entries(LAYOUTS)) {
  test(`an edit in the folder of one function publishes that one only (${title})`, async () => {
    await using s = await lamSession();
    const files = { 'lam.yaml': yaml, 'a/index.js': answering('a'), 'b/index.js': answering('b'), 'lib/x.js': '' };
    const cwd = s.files('project', files);
    await s.ok(['deploy'], { cwd });
    s.files('project', { 'b/index.js': answering('edited') });
    const { functions } = await s.json<DeployAnswer>(['deploy'], { cwd });
    assert.deepEqual(
      functions.map(({ name, version, unchanged }) => ({ name, version, unchanged })),
      [
        { name: 'a', version: 1, unchanged: true },
        { name: 'b', version: 2, unchanged: false },
      ],
    );
    assert.equal((await s.ok(['invoke', 'b'])).stdout, '"edited"');
    assert.equal((await s.ok(['invoke', 'a'])).stdout, '"a"');
  });
}

describe('a command without a name, in a project of several functions', () => {
  let s: LamSession;
  let cwd: string;
  before(async () => {
    s = await lamSession();
    cwd = s.files('project', {
      'lam.yaml': LAYOUTS['a path each'],
      'a/index.js': answering('a'),
      'b/index.js': answering('b'),
    });
    await s.ok(['deploy'], { cwd });
  });
  after(() => s[Symbol.asyncDispose]());

  const COMMANDS: readonly (readonly [args: readonly string[], words: string])[] = [
    [['invoke'], ''],
    [['rollback'], ''],
    [['rollback', 'v1'], ' v1'],
    [['describe'], ''],
    [['versions'], ''],
    [['config', 'get'], ''],
    [['config', 'set', 'memory=256'], ' memory=256'],
    [['config', 'unset', 'memory'], ' memory'],
    [['env', 'list'], ''],
    [['env', 'set', 'KEY=secret'], ' KEY=...'],
    [['alias', 'list'], ''],
    [['alias', 'set', 'prod', '1'], ' prod 1'],
  ];
  for (const [args, words] of COMMANDS) {
    test(`lists them as commands: lam ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await s.run(args, { cwd });
      const verb = args.slice(0, ['config', 'env', 'alias'].includes(args[0] ?? '') ? 2 : 1).join(' ');
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.equal(
        stderr.split('\n').slice(0, 3).join('\n'),
        `Error: this project has 2 functions; name one of them:\n  lam ${verb} a${words}\n  lam ${verb} b${words}`,
      );
    });
  }

  test('means the function whose folder it is in', async () => {
    assert.equal((await s.ok(['invoke'], { cwd: join(cwd, 'b') })).stdout, '"b"');
    assert.match((await s.ok(['describe'], { cwd: join(cwd, 'a') })).stdout, /^name: +a$/m);
  });
});
