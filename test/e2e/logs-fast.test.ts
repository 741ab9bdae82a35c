import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LogRecord } from '../../src/contract/index.ts';
import { eventually, lamSession, type LamSession, type RunOptions } from './session.ts';

const FAST_ONLY = fileURLToPath(new URL('fast-only.ts', import.meta.url));

const TALKER = `
export const handler = async ({ say = [], to = 'log' }) => {
  for (const line of say) to === 'write' ? process.stdout.write(line + '\\n') : console[to](line);
};`;

/** Result of a command for its caller. */
interface Seen {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('lam logs by the fast path and by the full program', () => {
  let s: LamSession;
  let requestId: string;
  before(async () => {
    s = await lamSession();
    await s.deployNode('talker', TALKER);
    await s.ok(['invoke', 'talker', '-d', '{"say":["Apple one","two\\nlines","","grün 日本 🦆","half \\ud800 done"]}']);
    await s.deployNode('talker', `${TALKER}\n// v2`);
    await s.ok(['invoke', 'talker', '-d', '{"say":["apple & pear = 100%?","\\u001b[31mred\\u0007\\r"],"to":"error"}']);
    await s.ok(['invoke', 'talker'], {
      stdin: JSON.stringify({ say: Array.from({ length: 150 }, (_, i) => `line ${i} `.repeat(60)) }),
    });
    const { stdout } = await s.ok(['logs', 'talker', '-s', 'Apple one', '-o', 'json']);
    ({ requestId } = JSON.parse(stdout) as LogRecord);
    await s.deployNode('silent', TALKER);
  });
  after(() => s.dispose());

  /** With a global flag in front a command line goes to the full program, and means the same. */
  const byFull = async (args: readonly string[], options?: RunOptions): Promise<Seen> =>
    s.run(['-C', s.cwd, 'logs', ...args], options);
  const byFast = async (args: readonly string[], options?: RunOptions): Promise<Seen> =>
    s.run(['logs', ...args], options);
  test('says on a terminal that nothing matches, and nothing in a pipe', async () => {
    const args = ['talker', '--search', 'never printed'];
    for (const show of [byFast, byFull]) {
      const { code, stdout } = await show(args, { terminal: true });
      assert.deepEqual([code, stdout], [0, 'no records match\r\n']);
      assert.deepEqual(bare(await show(args)), { code: 0, stdout: '', stderr: '' });
    }
  });

  const bare = ({ code, stdout, stderr }: Seen): Seen => ({ code, stdout, stderr });

  /** Runs the fast path alone: its exit code is 99 if it would load the full program. */
  const byFastAlone = async (
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Seen> => {
    const child = spawn(process.execPath, [FAST_ONLY, 'logs', ...args], {
      cwd: s.cwd,
      env: s.environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts: [string, string] = ['', ''];
    for (const [i, stream] of [child.stdout, child.stderr].entries()) {
      stream.setEncoding('utf8').on('data', (text: string) => (texts[i as 0 | 1] += text));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: texts[0], stderr: texts[1] };
  };

  interface Case {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string | undefined>>;
    /** The fast path leaves it to the full program. */
    readonly full?: true;
  }
  const cases: readonly Case[] = [
    { args: ['talker'] },
    { args: ['--', 'talker'] },
    { args: ['talker', '-n', '3'] },
    { args: ['talker', '--lines=0'] },
    { args: ['talker', '-n', '0010'] },
    { args: ['talker', '--since', '1h'] },
    { args: ['talker', '--since', '2020-01-01', '-n', '200'] },
    { args: ['talker', '--since=1ms'] },
    { args: ['talker', '-o', 'raw', '--since', '1h'] },
    { args: ['talker', '--output=json', '--since', '1h'] },
    { args: ['talker', '--json'] },
    { args: ['talker', '--json', '-o', 'raw'] },
    { args: ['talker'], env: { LAM_JSON: '1' } },
    { args: ['talker', '-s', 'APPLE'] },
    { args: ['talker', '--search', 'apple & pear = 100%?'] },
    { args: ['talker', '--search='] },
    { args: ['talker', '-s', 'grün'] },
    { args: ['talker', '-s', 'half', '-o', 'json'] },
    { args: ['talker', '--version', 'v2', '-n', '5'] },
    { args: ['talker@1'] },
    { args: ['talker:1', '--version', '2', '-n', '1'] },
    { args: ['talker@9'] },
    { args: ['talker@9', '--json'] },
    { args: ['talker@9', '-o', 'json'] },
    { args: ['silent'] },
    { args: ['talker', '--port', '1'] },
    { args: ['talker', '--no-start'] },
    { args: ['nobody'], full: true },
    { args: ['nobody', '--json'], full: true },
    { args: ['nobody@1'], full: true },
    { args: [], full: true },
    { args: ['talker', 'more'], full: true },
    { args: ['../x'], full: true },
    { args: ['talker:prod'], full: true },
    { args: ['talker', '--version', 'prod'], full: true },
    { args: ['talker', '--nope'], full: true },
    { args: ['talker', '-n', '-1'], full: true },
    { args: ['talker', '-n', 'many', '--json'], full: true },
    { args: ['talker', '-n2'], full: true },
    { args: ['talker', '-n', '1', '-n', '2'], full: true },
    { args: ['talker', '-n', '9'.repeat(18)], full: true },
    { args: ['talker', '-s'], full: true },
    { args: ['talker', '-s', '--json'], full: true },
    { args: ['talker', '-s', '-x'], full: true },
    { args: ['talker', '-o', 'yaml'], full: true },
    { args: ['talker', '--since', 'yesterday'], full: true },
    { args: ['talker', '--port', 'http'], full: true },
    { args: ['talker'], env: { LAM_PORT: 'http' }, full: true },
    { args: ['talker', '--follow=true'], full: true },
    { args: ['talker', '--help'], full: true },
    { args: ['talker', '--home', '/nowhere/at/all', '--no-start'], full: true },
  ];
  for (const { args, env = {}, full } of cases) {
    const title = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), 'lam logs', ...args].join(' ');
    test(`are the same for ${title}${full === true ? ', which is for the full one' : ''}`, async () => {
      const [expected, fast, alone] = await Promise.all([
        byFull(args, { env }),
        byFast(args, { env }),
        byFastAlone(args, env),
      ]);
      assert.deepEqual(bare(fast), bare(expected));
      assert.deepEqual(alone, full === true ? { code: 99, stdout: '', stderr: '' } : bare(expected));
    });
  }

  test('print something', async () => {
    assert.equal((await byFastAlone(['talker', '-o', 'raw', '-s', 'Apple one'])).stdout, 'Apple one\n');
    assert.equal(
      (await byFastAlone(['talker', '--request-id', requestId, '-o', 'raw', '-s', 'lines'])).stdout,
      'two\nlines\n',
    );
    assert.match((await byFastAlone(['talker@9'])).stderr, /^'talker' has no version 9 now/);
  });

  test(
    'are the same on a terminal, colours and all',
    { skip: process.platform !== 'linux' && 'script has other flags there' },
    async () => {
      for (const env of [
        { NO_COLOR: undefined, CI: undefined, TERM: 'xterm' },
        { NO_COLOR: undefined, CI: undefined, TERM: 'dumb' },
      ]) {
        const args = ['talker', '--since', '1h'];
        const [expected, fast] = [
          await byFull(args, { env, terminal: true }),
          await byFast(args, { env, terminal: true }),
        ];
        assert.deepEqual(bare(fast), bare(expected));
        assert.equal(fast.stdout.includes('\u001b[33m'), env.TERM === 'xterm');
      }
    },
  );

  for (const [way, before] of [
    ['fast path', []],
    ['full program', ['-C', '/']],
  ] as const) {
    test(`follow, and end with Ctrl-C, by the ${way}`, async () => {
      const child = s.start([...before, 'logs', 'silent', '--follow', '-o', 'raw']);
      let [stdout, stderr] = ['', ''];
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      await eventually(async () => {
        await s.ok(['invoke', 'silent', '-d', '{"say":["now"]}']);
        return stdout.includes('now\n');
      }, 15_000);
      const ended = once(child, 'close');
      child.kill('SIGINT');
      assert.deepEqual([(await ended)[0], stderr], [130, '']);
    });
  }
});
