import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lamSession, PROGRAM, processesOf, type LamSession } from './session.ts';

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;

describe('completion', () => {
  let s: LamSession;
  let path: string;
  before(async () => {
    s = await lamSession();
    const folder = join(s.root, 'with-lam');
    mkdirSync(folder);
    symlinkSync(PROGRAM, join(folder, 'lam'));
    path = `${folder}:${s.environment()['PATH'] ?? ''}`;
    for (const n of [1, 2])
      await s.ok([
        'deploy',
        'hello',
        '--inline',
        `exports.handler = () => ${n}`,
        ...(n === 1 ? ['--alias', 'prod'] : []),
      ]);
    await s.ok(['deploy', 'help-desk', '--inline', 'exports.handler = () => 1']);
  });
  after(() => s.dispose());

  const completes = async (words: readonly string[], expected: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await s.ok(['__complete', '--', ...words]);
    assert.equal(stderr, '');
    assert.deepEqual(stdout.split('\n').slice(0, -1).toSorted(), expected.toSorted(), words.join(' '));
  };

  test('offers commands, flags, values, and what is deployed', async () => {
    await completes(['des'], ['describe']);
    await completes(['env', ''], ['list', 'set', 'unset']);
    await completes(['invoke', 'he'], ['hello', 'help-desk']);
    await completes(['call', 'hello@'], ['hello@2', 'hello@1']);
    await completes(['invoke', 'hello:'], ['hello:prod']);
    await completes(['rollback', 'hello', ''], ['v2', 'v1']);
    await completes(['logs', 'hello', '--output', ''], ['pretty', 'json', 'raw']);
    await completes(['logs', '--fol'], ['--follow']);
    await completes(['autocomplete', ''], ['bash', 'zsh', 'fish']);
    await completes(['config', 'get', 'hello', 'mem'], ['memory']);
    await completes(['nothing', 'like', 'this'], []);
  });

  test('works in bash, also for words with @ and :', { skip: !has('bash') && 'no bash' }, async () => {
    const script = (await s.ok(['autocomplete', 'bash'])).stdout;
    execFileSync('bash', ['-n'], { input: script });
    const typed = (line: string): readonly string[] => {
      const text = `${script}\nCOMP_LINE='${line}' COMP_POINT=${line.length}\n_lam\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`;
      const env = s.environment({ PATH: path });
      return execFileSync('bash', ['--norc'], { input: text, env, encoding: 'utf8', cwd: s.cwd })
        .trim()
        .split('\n')
        .toSorted();
    };
    assert.deepEqual(typed('lam roll'), ['rollback']);
    assert.deepEqual(typed('lam invoke he'), ['hello', 'help-desk']);
    // bash replaces what follows the @ or the colon only.
    assert.deepEqual(typed('lam invoke hello@'), ['1', '2']);
    assert.deepEqual(typed('lam invoke hello:p'), ['prod']);
  });

  test('is a script that zsh and fish can read', async (t) => {
    for (const [shell, args] of [
      ['zsh', ['-n']],
      ['fish', ['--no-execute']],
    ] as const) {
      const script = (await s.ok(['autocomplete', shell])).stdout;
      assert.match(script, /lam __complete --/);
      if (has(shell)) execFileSync(shell, args, { input: script });
      else t.diagnostic(`no ${shell} here to read it`);
    }
  });

  test('prints nothing and starts nothing when no daemon runs', async () => {
    await s.ok(['stop']);
    await completes(['invoke', 'he'], []);
    await completes(['inv'], ['invocations', 'invoke']);
    assert.deepEqual(processesOf(s), []);
  });
});
