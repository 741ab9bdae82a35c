import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually, lamSession, type LamSession } from './session.ts';

/** A compiler that notes its process and does not come to an end. */
const ENDLESS = '#!/bin/sh\n[ "$1" = build ] || exit 0\necho $$ > "$ENDLESS_PID"\nexec sleep 300\n';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

describe('Ctrl-C or a kill while a function is built', () => {
  let s: LamSession;
  let pidFile: string;
  let options: { cwd: string; env: Record<string, string | undefined> };

  before(async () => {
    s = await lamSession();
    const bin = s.files('bin', { crystal: ENDLESS });
    chmodSync(join(bin, 'crystal'), 0o755);
    pidFile = join(bin, 'pid');
    options = {
      cwd: s.files('slow', { 'lam.yaml': 'name: slow\nruntime: crystal\n', 'src/bootstrap.cr': 'puts 1\n' }),
      env: {
        PATH: `${bin}:${process.env['PATH']}`,
        ENDLESS_PID: pidFile,
        NO_COLOR: undefined,
        CI: undefined,
        TERM: 'xterm',
      },
    };
  });
  after(() => s.dispose());

  beforeEach(() => rmSync(pidFile, { force: true }));

  const drafts = (): string[] => readdirSync(join(s.home, 'cache/build')).filter((name) => name.startsWith('.draft-'));
  const deployOther = (): Promise<unknown> =>
    s.ok(['deploy', 'other', '--runtime', 'bash', '--inline', 'handle() { echo 1; }']);

  const compilerOnceStarted = async (): Promise<number> => {
    assert.ok(await eventually(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'), 30_000));
    return Number(readFileSync(pidFile, 'utf8'));
  };

  test('ends the compiler and leaves no temporary files and no function', async () => {
    const child = s.start(['deploy'], options);
    const compiler = await compilerOnceStarted();
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [130, null]);
    assert.throws(() => process.kill(compiler, 0), { code: 'ESRCH' });
    assert.deepEqual(drafts(), []);
    await s.refused(['describe', 'slow'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
  });

  test('is followed by a deploy that removes what kill -9 left, and nothing of a deploy that runs', async () => {
    const child = s.start(['deploy'], options);
    const compiler = await compilerOnceStarted();
    try {
      const ofChild = drafts();
      assert.equal(ofChild.length, 1);
      await deployOther();
      assert.deepEqual(drafts(), ofChild, 'its process runs');
      child.kill('SIGKILL');
      await once(child, 'exit');
      assert.deepEqual(drafts(), ofChild, 'left behind');
      await deployOther();
      assert.deepEqual(drafts(), []);
    } finally {
      process.kill(compiler, 'SIGKILL');
    }
  });

  test('shows the cursor again that progress hides on a terminal', async () => {
    const child = s.start(['deploy'], { ...options, terminal: true, stdin: '' });
    let shown = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (shown += text));
    await compilerOnceStarted();
    child.stdin?.write('\u0003');
    await once(child, 'close');
    assert.ok(shown.includes(HIDE_CURSOR), shown);
    assert.ok(shown.lastIndexOf(SHOW_CURSOR) > shown.lastIndexOf(HIDE_CURSOR), shown);
  });
});
