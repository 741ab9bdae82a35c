import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { LogRecord } from '../../src/contract/index.ts';
import { eventually, kill, lamSession, type LamSession } from './session.ts';

/** Prints numbered lines, a few at once, so that a daemon dies between any two of them. */
const COUNTER = `
export const handler = async ({ from, count }) => {
  for (let i = from; i < from + count; i += 1) {
    console.log('line ' + i);
    if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
};`;

const AWAY = 'the daemon went away; waiting for the next one\n';
const BACK = 'following again\n';

interface Following {
  /** Lines of stdout so far. */
  readonly lines: () => readonly string[];
  readonly stderr: () => string;
  /** Sends SIGINT; resolves with the exit code. */
  interrupt(): Promise<number | null>;
}

function following(s: LamSession, args: readonly string[], before: readonly string[] = []): Following {
  const child = s.start([...before, 'logs', ...args, '--follow']);
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close');
  return {
    lines: () => stdout.split('\n').slice(0, -1),
    stderr: () => stderr,
    async interrupt() {
      child.kill('SIGINT');
      return ((await ended) as [number | null])[0];
    },
  };
}

/** The next number that no line has. */
let next = 0;

/** Invokes functions with rising numbers until it is stopped; a number is used once, whether or not the call succeeds. */
function counting(s: LamSession, names: readonly string[]): { stop(): Promise<number> } {
  let isOver = false;
  const run = async (): Promise<void> => {
    while (!isOver) {
      const calls = names.map((name) => {
        const from = (next += 100) - 100;
        return s.run(['invoke', name, '--no-start'], { stdin: JSON.stringify({ from, count: 100 }) });
      });
      await Promise.all(calls);
    }
  };
  const running = run();
  return {
    async stop() {
      isOver = true;
      await running;
      return next;
    },
  };
}

async function killDaemon(s: LamSession): Promise<void> {
  const { pid } = await s.status();
  kill(pid);
  await eventually(async () => (await s.run(['status'])).code === 3);
}

/** Texts of all stored lines with numbers, in the order of the store. */
async function storedLines(s: LamSession, name: string): Promise<readonly string[]> {
  const { stdout } = await s.ok(['logs', name, '--since', '1h', '-s', 'line ', '-o', 'raw']);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('lam logs --follow over the end of daemons', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    await s.deployNode('counter', COUNTER);
    await s.deployNode('other', COUNTER);
    await s.ok(['invoke', 'counter', '-d', '{"from":-1000,"count":120}']);
  });
  after(() => s.dispose());

  for (const [way, begin] of [
    ['fast path', []],
    ['full program', ['-C', '/']],
  ] as const) {
    test(`shows every line once through restarts and kill -9 (${way})`, { timeout: 240_000 }, async () => {
      const follower = following(s, ['counter', '-s', 'line ', '-o', 'raw'], begin);
      assert.ok(await eventually(() => follower.lines().length === 100));
      const counted = counting(s, ['counter']);
      const shown = (): number => follower.lines().length;
      const growth = async (): Promise<void> => {
        const at = shown();
        assert.ok(await eventually(() => shown() > at + 100, 30_000), follower.stderr());
      };
      for (const end of ['restart', 'kill', 'kill', 'restart', 'kill']) {
        await growth();
        if (end === 'restart') await s.ok(['restart']);
        else {
          await killDaemon(s);
          await s.ok(['start']);
        }
      }
      await growth();
      await counted.stop();
      const stored = await storedLines(s, 'counter');
      const last = stored.at(-1) ?? '';
      assert.ok(await eventually(() => follower.lines().includes(last)));
      const lines = follower.lines();
      assert.equal(new Set(lines).size, lines.length, 'a line came twice');
      const live = new Set(lines);
      assert.deepEqual(
        stored.slice(stored.lastIndexOf(lines[0] ?? '')).filter((line) => !live.has(line)),
        [],
        'a stored line did not come',
      );
      assert.equal(follower.stderr(), `${AWAY}${BACK}`.repeat(5));
      assert.equal(await follower.interrupt(), 130);
    });
  }

  test('shows several functions with their names, every line once through kill -9', { timeout: 240_000 }, async () => {
    const follower = following(s, ['counter', 'other', '-n', '0', '-s', 'line ']);
    const counted = counting(s, ['counter', 'other']);
    for (let i = 0; i < 2; i += 1) {
      const at = follower.lines().length;
      assert.ok(await eventually(() => follower.lines().length > at + 200, 30_000), follower.stderr());
      await killDaemon(s);
      await s.ok(['start']);
    }
    const at = follower.lines().length;
    assert.ok(await eventually(() => follower.lines().length > at + 200, 30_000), follower.stderr());
    const end = await counted.stop();
    await s.ok(['invoke', 'counter', '-d', `{"from":${end},"count":1}`]);
    await s.ok(['invoke', 'other', '-d', `{"from":${end},"count":1}`]);
    const textOf = (line: string): string => line.replace(/^.*(line \d+)$/, '$1');
    for (const name of ['counter', 'other']) {
      const own = (): readonly string[] =>
        follower
          .lines()
          .filter((line) => line.startsWith(name))
          .map(textOf);
      assert.ok(await eventually(() => own().includes(`line ${end}`)));
      const first = own()[0] ?? '';
      const stored = await storedLines(s, name);
      assert.equal(new Set(own()).size, own().length, 'a line came twice');
      const live = new Set(own());
      assert.deepEqual(
        stored.slice(stored.lastIndexOf(first)).filter((line) => !live.has(line)),
        [],
      );
    }
    assert.equal(follower.stderr(), `${AWAY}${BACK}`.repeat(2));
    for (const line of follower.lines())
      assert.match(line, /^(?:counter|other  ) \| \d\d:\d\d:\d\d\.\d{3} \S{8} line \d+$/);
    assert.equal(await follower.interrupt(), 130);
  });

  test('says nothing with --json, waits as long as no daemon runs, and ends with Ctrl-C', async () => {
    const follower = following(s, ['counter', '-n', '1', '--json']);
    assert.ok(await eventually(() => follower.lines().length === 1));
    const record = JSON.parse(follower.lines()[0] ?? '') as LogRecord & { function: string };
    assert.equal(record.function, 'counter');
    await s.ok(['stop']);
    await s.ok(['start']);
    await s.ok(['invoke', 'counter', '-d', '{"from":5000000,"count":1}']);
    assert.ok(await eventually(() => follower.lines().some((line) => line.includes('line 5000000'))));
    await s.ok(['stop']);
    assert.equal(await follower.interrupt(), 130);
    assert.equal(follower.stderr(), '');
    await s.ok(['start']);
  });

  test('ends with an error when the function is gone', async () => {
    await s.deployNode('brief', COUNTER);
    const child = s.start(['logs', 'brief', '--follow']);
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close');
    await s.ok(['invoke', 'brief', '-d', '{"from":1,"count":1}']);
    await s.ok(['delete', 'brief', '--yes']);
    await s.ok(['restart']);
    assert.equal(((await ended) as [number])[0], 4);
    assert.match(stderr, /brief/);
  });
});
