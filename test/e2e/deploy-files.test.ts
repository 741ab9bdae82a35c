import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail } from '../../src/contract/index.ts';
import { IS_BINARY, lamSession, PROGRAM, type LamSession } from './session.ts';

const HANDLER = 'exports.handler = async () => process.env;\n';

describe('the files of a deploy', () => {
  let s: LamSession;
  let cwd: string;
  before(async () => {
    s = await lamSession();
    cwd = s.files('project', { 'lam.yaml': 'name: grows\nruntime: nodejs\n', 'index.js': HANDLER });
    await s.ok(['deploy'], { cwd });
  });
  after(() => s.dispose());

  /** Deploys with stdout and stderr in a file of the project, opened as a shell does for `>log 2>&1`. */
  const deployInto = async (file: string): Promise<number | null> => {
    const log = openSync(join(cwd, file), 'w');
    const child = spawn(PROGRAM, ['deploy'], { cwd, env: s.environment(), stdio: ['ignore', log, log] });
    closeSync(log);
    return ((await once(child, 'close')) as [number | null])[0];
  };

  test('leave out the file that receives the output, with a notice', async () => {
    s.files('project', { 'index.js': `${HANDLER}// changed\n` });
    assert.equal(await deployInto('log'), 0, readFileSync(join(cwd, 'log'), 'utf8'));
    const log = readFileSync(join(cwd, 'log'), 'utf8');
    assert.match(log, /^grows v2 live/m);
    assert.match(log, /^grows: 'log' receives the output of this command and was left out$/m);
    assert.equal(await deployInto('log'), 0);
    assert.match(readFileSync(join(cwd, 'log'), 'utf8'), /^grows: no change/m);
  });

  test('are taken as they were when one grows', async () => {
    const file = join(cwd, 'other.log');
    writeFileSync(file, Buffer.alloc(3 * 1024 * 1024));
    const growing = setInterval(() => appendFileSync(file, Buffer.alloc(64 * 1024, 'x')), 1);
    await s.ok(['deploy'], { cwd });
    clearInterval(growing);
    assert.equal((await s.json<FunctionDetail>(['describe', 'grows'])).live, 3);
    rmSync(file);
  });

  test('are read again when one changes, and refused when it changes each time', { timeout: 240_000 }, async () => {
    const file = join(cwd, 'data.bin');
    writeFileSync(file, Buffer.alloc(8 * 1024 * 1024));
    const changing = openSync(file, 'r+');
    let count = 0;
    const timer = setInterval(() => writeSync(changing, `${(count += 1)}`, 0), 1);
    const refused = await s.run(['deploy', '--json'], { cwd });
    clearInterval(timer);
    closeSync(changing);
    const { error } = JSON.parse(refused.stdout) as { error: { code: string; details: Record<string, unknown> } };
    const { code, details } = error;
    assert.deepEqual([refused.code, code, details['path']], [8, 'LAM_BUILD_CHANGING', 'data.bin'], refused.stdout);
    assert.equal((await s.json<FunctionDetail>(['describe', 'grows'])).live, 3);
    await s.ok(['deploy'], { cwd });
    assert.equal((await s.json<FunctionDetail>(['describe', 'grows'])).live, 4);
  });
});

describe('variables from a file', () => {
  let s: LamSession;
  let cwd: string;
  before(async () => {
    s = await lamSession();
    cwd = s.files('project', {
      'lam.yaml': 'name: reads\nruntime: nodejs\nenvironment: {FROM: yaml, KEPT: yaml}\n',
      'index.js':
        'exports.handler = async () => { const { FROM, KEPT, MORE, QUOTED } = process.env; return { FROM, KEPT, MORE, QUOTED }; };',
      '.env': '# comment\nFROM=file\nexport MORE=first-secret\nQUOTED="two\nlines"\n',
      'later.env': 'MORE=second-secret\n',
    });
  });
  after(() => s.dispose());
  const answer = async (): Promise<unknown> => JSON.parse((await s.ok(['invoke', 'reads'])).stdout);

  test('are deployed: over lam.yaml, later files over earlier ones, --env over all; values are not printed', async () => {
    const { stdout, stderr } = await s.ok(['deploy', '--env-file', '.env'], { cwd });
    assert.deepEqual(await answer(), { FROM: 'file', KEPT: 'yaml', MORE: 'first-secret', QUOTED: 'two\nlines' });
    const both = ['deploy', '--env-file', '.env', '--env-file', 'later.env', '-e', 'FROM=flag'];
    const second = await s.ok(both, { cwd });
    assert.deepEqual(await answer(), { FROM: 'flag', KEPT: 'yaml', MORE: 'second-secret', QUOTED: 'two\nlines' });
    assert.doesNotMatch(stdout + stderr + second.stdout + second.stderr, /secret/);
  });

  test('are set live, with pairs over them', async () => {
    const set = await s.ok(['env', 'set', 'reads', '--env-file', 'later.env', 'FROM=pair'], { cwd });
    assert.doesNotMatch(set.stdout + set.stderr, /secret/);
    assert.deepEqual(await answer(), { FROM: 'pair', KEPT: 'yaml', MORE: 'second-secret', QUOTED: 'two\nlines' });
    await s.ok(['env', 'set', '--env-file', '.env'], { cwd });
    assert.deepEqual(await answer(), { FROM: 'file', KEPT: 'yaml', MORE: 'first-secret', QUOTED: 'two\nlines' });
  });

  const skip = IS_BINARY && 'the Node inside the single file refuses a missing --env-file by itself';
  test('must be in a file that can be read', { skip }, async () => {
    const fault = await s.refused(['deploy', '--env-file', 'none.env'], 'LAM_CLI_ENV_FILE_UNREADABLE', 2, { cwd });
    assert.match(fault.message, /'none.env' cannot be read: no such file/);
    await s.refused(['env', 'set', 'reads', '--env-file', '.'], 'LAM_CLI_ENV_FILE_UNREADABLE', 2, { cwd });
    await s.refused(['env', 'set'], 'LAM_CLI_USAGE', 2, { cwd });
  });
});

test('lam deploy --help shows each of its flags in the usage', async () => {
  await using s = await lamSession();
  const { stdout } = await s.ok(['deploy', '--help']);
  const usage = /USAGE([^]*?)\n\n/.exec(stdout)?.[1] ?? '';
  const flags = [...stdout.slice(0, stdout.indexOf('GLOBAL')).matchAll(/^ {2}(-\w)?[, ]+--([\w-]+)/gm)];
  assert.ok(flags.length > 10, stdout);
  for (const [, char, name] of flags) assert.ok(usage.includes(`[${char ?? `--${name}`}`), `${name} is in: ${usage}`);
});
