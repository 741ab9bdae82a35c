import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogRecord } from '../../src/contract/index.ts';
import { lamSession, type LamSession } from './session.ts';

const SAYING =
  'exports.handler = async ({ say, fail }) => { console.log(say); if (fail) throw new Error("no"); return say; };\n';

type Line = LogRecord & { readonly function: string };

describe('the logs of several functions', () => {
  let s: LamSession;
  let cwd: string;
  const recordsOf = async (args: readonly string[]): Promise<readonly Line[]> => {
    const { stdout } = await s.ok(['logs', ...args, '--json'], { cwd });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  };
  const said = async (args: readonly string[]): Promise<readonly string[]> =>
    (await recordsOf([...args, '--no-platform'])).map((record) => `${record.function}: ${record.text}`);

  before(async () => {
    s = await lamSession();
    cwd = s.files('project', {
      'lam.yaml': 'functions:\n  one: {runtime: nodejs, path: one}\n  second: {runtime: nodejs, path: second}\n',
      'one/index.js': SAYING,
      'second/index.js': SAYING,
    });
    await s.ok(['deploy'], { cwd });
    await s.deployNode('apart', SAYING.replace('exports.handler =', 'export const handler ='));
    for (const [i, name] of ['one', 'second', 'one', 'apart', 'second'].entries())
      await s.ok(['invoke', name, '-d', JSON.stringify({ say: `${i}` })]);
  });
  after(() => s.dispose());

  test('are merged in the order of time, with the function in each JSON line', async () => {
    const all = ['one: 0', 'second: 1', 'one: 2', 'apart: 3', 'second: 4'];
    assert.deepEqual(await said(['one', 'second', 'apart']), all);
    assert.deepEqual(await said(['second', 'one']), ['one: 0', 'second: 1', 'one: 2', 'second: 4']);
    assert.deepEqual(await said(['one']), ['one: 0', 'one: 2']);
    assert.deepEqual(await said(['second', 'apart', '-n', '2']), ['apart: 3', 'second: 4']);
    const times = (await recordsOf(['one', 'second', 'apart', '--since', '1h'])).map(({ time }) => time);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  test('are those of the project with --all, and outside a project those of all that is deployed', async () => {
    assert.deepEqual(await said(['--all']), ['one: 0', 'second: 1', 'one: 2', 'second: 4']);
    assert.equal((await s.ok(['logs', '--all', '--no-platform', '-o', 'raw'], { cwd: '/' })).stdout, '0\n1\n2\n3\n4\n');
    const undeployed = s.files('undeployed', { 'lam.yaml': 'name: later\nruntime: nodejs\n' });
    await s.refused(['logs', '--all'], 'LAM_CLI_NOTHING_DEPLOYED', 4, { cwd: undeployed });
    await s.refused(['logs', '--all', 'one'], 'LAM_CLI_USAGE', 2);
    const { code, stderr } = await s.run(['logs'], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /\n {2}lam logs one\n {2}lam logs second\n {2}lam logs --all\n/);
    await s.refused(['logs', 'one', 'nobody'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
  });

  test('begin each line with the name, padded, in a colour each on a terminal', async () => {
    const { stdout } = await s.ok(['logs', 'one', 'second', '--no-platform'], { cwd });
    const names = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => /^(.*?)\d\d:/.exec(line)?.[1]);
    assert.deepEqual(names, ['one    | ', 'second | ', 'one    | ', 'second | ']);
    const env = { NO_COLOR: undefined, CI: undefined, TERM: 'xterm' };
    const shown = (await s.ok(['logs', 'one', 'second', '--no-platform'], { cwd, env, terminal: true })).stdout;
    const colors = shown
      .split('\n')
      .flatMap((line) => /^\u001b\[(\d+)m(?:one|second)\u001b\[39m/.exec(line)?.[1] ?? []); // oxlint-disable-line no-control-regex -- colours are what is looked for
    assert.equal(colors.length, 4);
    assert.deepEqual([colors[0] === colors[2], colors[0] === colors[1]], [true, false]);
  });

  test('take the first characters of a request id, and say when they fit several', async () => {
    const [first] = await recordsOf(['one', '-n', '1']);
    const id = first?.requestId ?? '';
    assert.deepEqual(
      new Set((await recordsOf(['one', '--request-id', id.slice(0, 8)])).map((r) => r.requestId)),
      new Set([id]),
    );
    const ids = [...new Set((await recordsOf(['--all'])).map((r) => r.requestId))];
    assert.ok(ids.length > 2);
    const clear = await s.ok(['logs', 'one', '--request-id', id.slice(0, 8)]);
    assert.equal(clear.stderr, '');
    // Ids are random: invoke until two begin with the same character.
    const starts = async (): Promise<string | undefined> => {
      const chars = [...new Set((await recordsOf(['one', '--since', '1h'])).map((r) => r.requestId))].map((r) => r[0]);
      return chars.find((char, i) => chars.indexOf(char) !== i);
    };
    let start = await starts();
    for (; start === undefined; start = await starts()) await s.ok(['invoke', 'one', '-d', '{"say":"more"}']);
    for (const more of [[], ['-C', '/']]) {
      const { stderr } = await s.ok([...more, 'logs', 'one', '--since', '1h', '--request-id', start]);
      assert.match(
        stderr,
        new RegExp(`^several invocations begin with '${start}', such as [-0-9a-f]{36} and [-0-9a-f]{36}; `),
      );
    }
  });

  test('keep what lam says about failures without START, END and REPORT', async () => {
    const broken = s.files('broken', {
      'lam.yaml': 'name: broken\nruntime: nodejs\ntimeout: 0.2\n',
      'index.mjs': 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 5000));',
    });
    await s.ok(['deploy'], { cwd: broken });
    assert.equal((await s.run(['invoke', 'broken'])).code, 6);
    const { stdout } = await s.ok(['logs', 'broken', '--no-platform', '-o', 'raw']);
    assert.match(stdout, /timed out/);
    assert.doesNotMatch(stdout, /START|END|REPORT/);
    assert.match((await s.ok(['logs', 'broken', '-o', 'raw'])).stdout, /START[^]*END[^]*REPORT/);
  });

  test('keep the order of each function, where its runtime stamps fractions of milliseconds', async () => {
    const folder = s.files('python', {
      'lam.yaml': 'name: printer\nruntime: python3\n',
      'lambda_function.py': 'def lambda_handler(event, context):\n    print(event)\n',
    });
    await s.ok(['deploy'], { cwd: folder });
    const calls = Array.from({ length: 12 }, (_, i) => i);
    for (const i of calls) await s.ok(['invoke', 'printer', '-d', `${i}`]);
    const expected = calls.flatMap((i) => ['START', `${i}`, 'END']);
    for (const args of [
      ['-C', folder],
      ['printer', 'one', '-n', '1000'],
    ]) {
      const ofPrinter = (await recordsOf(args)).filter((record) => record.function === 'printer');
      const words = ofPrinter
        .map(({ text }) => text.split(' ')[0] ?? '')
        .filter((word) => /^(START|END|\d+$)/.test(word));
      assert.deepEqual(words.slice(-expected.length), expected);
    }
  });
});
