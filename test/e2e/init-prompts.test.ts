import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { eventually, lamSession, PROGRAM, type LamSession } from './session.ts';

const DOWN = '\u001b[B';
const ENTER = '\r';
const CTRL_C = '\u0003';
const TERMINAL = { NO_COLOR: undefined, CI: undefined, TERM: 'xterm' };

describe('lam init on a terminal', { skip: process.platform !== 'linux' && 'script has other flags there' }, () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  /** Runs a command in a terminal; for each prompt waits until it shows, then types the keys. */
  const typing = async (
    args: readonly string[],
    answers: readonly (readonly [prompt: string, keys: string])[],
    env: Readonly<Record<string, string | undefined>> = TERMINAL,
  ): Promise<{ readonly code: number | null; readonly shown: string }> => {
    const line = `stty cols 80 rows 24; exec '${PROGRAM}' ${args.join(' ')}`;
    const [program, ...words] = ['script', '--quiet', '--return', '--command', line, '/dev/null'] as const;
    const child = spawn(program, words, {
      cwd: s.cwd,
      env: s.environment(env),
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = once(child, 'close');
    const shownNow = (): string => stripVTControlCharacters(output);
    for (const [prompt, keys] of answers) {
      assert.ok(await eventually(() => shownNow().includes(prompt)), `no '${prompt}' in: ${shownNow()}`);
      child.stdin.write(keys);
    }
    const [code] = (await ended) as [number | null];
    return { code, shown: shownNow() };
  };
  const lamYaml = (name: string): string => readFileSync(join(s.cwd, name, 'lam.yaml'), 'utf8');

  test('asks for runtime, template and name; the arrow keys choose', async () => {
    const { code, shown } = await typing(
      ['init'],
      [
        ['Runtime', `${DOWN}${ENTER}`],
        ['Template', `${DOWN}${ENTER}`],
        ['Name of the function', `shop${ENTER}`],
      ],
    );
    assert.equal(code, 0, shown);
    assert.match(shown, /created shop from python3\/http-api/);
    assert.match(lamYaml('shop'), /^name: shop$/m);
  });

  test('takes the defaults for Enter alone, and asks only for what was not given', async () => {
    const all = await typing(
      ['init', 'plain'],
      [
        ['Runtime', ENTER],
        ['Template', ENTER],
      ],
    );
    assert.equal(all.code, 0, all.shown);
    assert.match(all.shown, /created plain from nodejs\/hello/);
    const one = await typing(['init', '-l', 'python3', '-t', 'hello'], [['Name of the function', ENTER]]);
    assert.match(one.shown, /created hello from python3\/hello/);
    assert.doesNotMatch(one.shown, /Runtime/);
    const shell = await typing(['init', 'gone', '-t', 'shell'], []);
    assert.match(shell.shown, /created gone from provided\/shell/);
  });

  test('refuses a name that no function may have, at once', async () => {
    const { code, shown } = await typing(
      ['init', '-l', 'nodejs', '-t', 'hello'],
      [
        ['Name of the function', `no good${ENTER}`],
        ['1 to 64 of', CTRL_C],
      ],
    );
    assert.notEqual(code, 0, shown);
  });

  test('makes nothing after Ctrl-C, and says so without a stack', async () => {
    const { code, shown } = await typing(['init', 'never'], [['Runtime', CTRL_C]]);
    assert.equal(code, 130, shown);
    assert.match(shown, /Error: Runtime: cancelled/);
    assert.doesNotMatch(shown, / at .*\.(?:js|ts|cjs)/);
    assert.ok(!existsSync(join(s.cwd, 'never')));
  });

  test('asks nothing with --yes, in CI or without a terminal', async () => {
    const results = [
      await typing(['init', 'quiet', '--yes'], []),
      await typing(['init', 'quiet2'], [], { ...TERMINAL, CI: '1' }),
      { code: 0, shown: (await s.ok(['init', 'quiet3'], { env: TERMINAL, stdin: '' })).stdout },
    ];
    for (const { code, shown } of results) {
      assert.equal(code, 0, shown);
      assert.match(shown, /created quiet\d? from nodejs\/hello/);
      assert.doesNotMatch(shown, /Runtime/);
    }
  });
});

test('lam init names the runtime of a template that the given one lacks', async () => {
  await using s = await lamSession();
  const { hint } = await s.refused(['init', 'x', '-t', 'shell'], 'LAM_SCAFFOLD_UNKNOWN_TEMPLATE', 2);
  assert.equal(hint, 'it is of another runtime: --runtime provided --template shell');
});

test('lam.yaml with env instead of environment gets a suggestion', async () => {
  await using s = await lamSession();
  const cwd = s.files('p', { 'lam.yaml': 'name: p\nruntime: nodejs\nenv: {A: b}\n' });
  const { message } = await s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd });
  assert.match(message, /unknown key 'env'; did you mean 'environment'\?/);
});
