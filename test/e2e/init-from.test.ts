import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listing } from '../support/listing.ts';
import { lamSession, type LamSession } from './session.ts';

const NO_GIT = spawnSync('git', ['--version']).error === undefined ? false : 'no git';

const TEMPLATES = join(import.meta.dirname, '../../templates');

/** A custom template. */
const TEMPLATE = {
  'lam.yaml': 'name: {{name}}\nruntime: {{runtime}}\n',
  'index.mjs': "export const handler = () => 'from a template, as {{name}}';\n",
  _gitignore: 'out/\n',
};

describe('lam init', () => {
  let s: LamSession;
  let template: string;
  before(async () => {
    s = await lamSession();
    template = s.files('template', TEMPLATE);
  });
  after(() => s.dispose());

  test('a dot for the name makes it in the current folder, with its name', async () => {
    const cwd = s.files('dotted', { 'lam.txt': '' });
    await s.refused(['init', '.'], 'LAM_SCAFFOLD_EXISTS', 1, { cwd });
    await s.ok(['init', '.', '--from', '../template', '--force'], { cwd });
    await runs('dotted');
  });

  /** Deploys and invokes the project of that name. */
  const runs = async (name: string): Promise<void> => {
    await s.ok(['deploy'], { cwd: join(s.cwd, name) });
    assert.equal((await s.ok(['invoke', name])).stdout, `"from a template, as ${name}"`);
  };

  test('takes a template from a folder', async () => {
    const made = await s.ok(['init', 'mine', '--from', './template']);
    assert.match(made.stdout, /^created mine from \.\/template \(\.gitignore, index\.mjs, lam\.yaml\)\n$/);
    assert.equal(readFileSync(join(s.cwd, 'mine', 'lam.yaml'), 'utf8'), 'name: mine\nruntime: nodejs\n');
    assert.ok(existsSync(join(s.cwd, 'mine', '.lam', 'lam.schema.json')));
    await runs('mine');
    const elsewhere = await s.ok(['init', 'other', '--from', '../template', '-C', join(s.cwd, 'mine')]);
    assert.match(elsewhere.stdout, /^created other /);
  });

  test('takes a template from a local git repository, and from a branch of it', { skip: NO_GIT }, async () => {
    const git = (...args: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
        cwd: template,
        stdio: 'pipe',
      });
    git('init', '--quiet', '--initial-branch=main');
    git('add', '.');
    git('commit', '--quiet', '-m', 'a template');
    git('checkout', '--quiet', '-b', 'kind');
    s.files('template', { 'KIND.md': 'A branch.\n' });
    git('add', '.');
    git('commit', '--quiet', '-m', 'a branch');
    git('checkout', '--quiet', 'main');
    await s.ok(['init', 'cloned', '--from', `file://${template}`]);
    assert.deepEqual(listing(join(s.cwd, 'cloned')), [
      '.gitignore',
      '.lam',
      '.lam/lam.schema.json',
      'index.mjs',
      'lam.yaml',
    ]);
    await runs('cloned');
    await s.ok(['init', 'branched', '--from', `${template}#kind`]);
    assert.ok(existsSync(join(s.cwd, 'branched', 'KIND.md')));
    assert.ok(!existsSync(join(s.cwd, 'branched', '.git')));
    await s.ok(['init', 'plain', '--from', './template']);
    assert.ok(!existsSync(join(s.cwd, 'plain', '.git')));
    const fault = await s.refused(['init', 'lost', '--from', `${template}#nope`], 'LAM_SCAFFOLD_GIT_FAILED', 1);
    assert.match(fault.message, /nope/);
    assert.ok(!existsSync(join(s.cwd, 'lost')));
  });

  test('overwrites nothing without --force, and never touches files that the template lacks', async () => {
    const cwd = s.files('taken', { 'index.mjs': '// mine\n', 'notes.txt': 'keep me\n' });
    const fault = await s.refused(['init', 'taken', '--from', './template'], 'LAM_SCAFFOLD_EXISTS', 1);
    assert.match(fault.hint ?? '', /--force/);
    assert.deepEqual(listing(cwd), ['index.mjs', 'notes.txt']);
    assert.equal(readFileSync(join(cwd, 'index.mjs'), 'utf8'), '// mine\n');
    await s.ok(['init', 'taken', '--from', './template', '--force']);
    assert.equal(readFileSync(join(cwd, 'notes.txt'), 'utf8'), 'keep me\n');
    await runs('taken');
  });

  test('writes into the current folder without a name; --list prints the templates', async () => {
    const cwd = s.files('here', {});
    execFileSync('mkdir', ['-p', cwd]);
    const made = await s.ok(['init'], { cwd });
    assert.match(made.stdout, /^created \. from nodejs\/hello /);
    assert.equal(made.stderr, 'next: lam deploy\n');
    assert.match(readFileSync(join(cwd, 'lam.yaml'), 'utf8'), /^name: here$/m);
    const templates = await s.json<{ runtime: string; template: string }[]>(['init', '--list']);
    const names = templates.map((t) => `${t.runtime}/${t.template}`).toSorted();
    const all = readdirSync(TEMPLATES).flatMap((runtime) =>
      readdirSync(join(TEMPLATES, runtime)).map((template) => `${runtime}/${template}`),
    );
    assert.deepEqual(names, all.toSorted());
  });

  test('suggests the nearest name', async () => {
    const runtime = await s.refused(['init', 'a', '--runtime', 'pyhton3'], 'LAM_SCAFFOLD_UNKNOWN_RUNTIME', 2);
    assert.match(runtime.hint ?? '', /did you mean 'python3'/);
    const asked = await s.refused(['init', 'a', '--template', 'htp-api'], 'LAM_SCAFFOLD_UNKNOWN_TEMPLATE', 2);
    assert.match(asked.hint ?? '', /did you mean 'http-api'/);
    await s.refused(['init', 'a', '--from', './nowhere'], 'LAM_SCAFFOLD_SOURCE_INVALID', 2);
    assert.ok(!existsSync(join(s.cwd, 'a')));
  });
});
