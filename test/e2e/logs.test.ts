import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogRecord } from '../../src/contract/index.ts';
import { follow } from './follower.ts';
import { DRIVERS, lamSession, type LamSession } from './session.ts';

/** Prints the text of its event, then keeps running for a while. */
const TALKER = `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const handler = async ({ say = [], everyMs = 0, lingerMs = 0, to = 'log' }) => {
  for (const line of say) {
    if (to === 'write') process.stdout.write(line);
    else console[to](line);
    if (everyMs > 0) await pause(everyMs);
  }
  await pause(lingerMs);
  return say.length;
};
`;

/** Number of lines in the measurement of a follower's latency. */
const LINES = 15;
/** Time limit for a follower to show a line (ms). */
const FOLLOW_MS = 100;

async function recordsOf(s: LamSession, args: readonly string[]): Promise<readonly LogRecord[]> {
  const { stdout } = await s.ok(['logs', ...args, '-o', 'json']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogRecord);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

for (const driver of DRIVERS) {
  test(`a follower shows a line within ${FOLLOW_MS} ms, while the function still runs (${driver})`, async () => {
    await using s = await lamSession({ driver });
    await s.deployNode('talker', TALKER);
    await s.ok(['invoke', 'talker', '-d', '{"say":["before"]}']);
    const follower = follow(s, ['talker']);
    await follower.seen('before');
    let over = false;
    const event = JSON.stringify({
      say: Array.from({ length: LINES }, (_, i) => `line ${i}.`),
      everyMs: 40,
      lingerMs: 600,
    });
    const invoked = s.ok(['invoke', 'talker', '-d', event]).then(() => {
      over = true;
    });
    await follower.seen(`line ${LINES - 1}.`);
    assert.equal(over, false);
    await invoked;
    const late = follower.arrivals
      .filter(({ record }) => record.text.startsWith('line '))
      .map(({ record, at }) => at - record.time);
    assert.equal(late.length, LINES);
    assert.ok(
      median(late) <= FOLLOW_MS,
      `the median of ${late.map((ms) => Math.round(ms)).join(', ')} ms is over ${FOLLOW_MS}`,
    );
    await follower.seen('REPORT');
    assert.equal(await follower.interrupt(), 130);
  });
}

describe('lam logs', () => {
  let s: LamSession;
  let middle: number;
  before(async () => {
    s = await lamSession();
    // Its first invocation starts a sandbox; that of v2 runs where its code was checked.
    await s.deployNode('talker', TALKER, { verify: false });
    await s.ok(['invoke', 'talker', '-d', '{"say":["Apple one","pear two"]}']);
    await s.deployNode('talker', `${TALKER}\n// v2`);
    await s.ok(['invoke', 'talker', '-d', '{"say":["apple three"],"to":"error"}']);
    middle = Date.now();
    await s.ok(['invoke', 'talker', '-d', '{"say":["a\\u001b[31mred\\u0007\\r\\u009bbell"],"to":"write"}']);
  });
  after(() => s.dispose());

  test('shows records oldest first, each with its stream, version, request and sandbox', async () => {
    const records = await recordsOf(s, ['talker']);
    const said = records.filter((r) => r.stream !== 'platform');
    assert.deepEqual(
      said.map((r) => [r.text, r.stream, r.version]),
      [
        ['Apple one', 'stdout', 1],
        ['pear two', 'stdout', 1],
        ['apple three', 'stderr', 2],
        ['a\u001b[31mred\u0007\r\u009bbell', 'stdout', 2],
      ],
    );
    for (const record of records) {
      assert.match(record.requestId, /^[0-9a-f-]{36}$/);
      assert.notEqual(record.sandbox, '');
    }
    assert.deepEqual(
      records.map((r) => r.time),
      records.map((r) => r.time).toSorted((a, b) => a - b),
    );
    const platform = records.filter((r) => r.stream === 'platform').map((r) => r.text.split(' ')[0]);
    assert.deepEqual(platform, ['START', 'END', 'START', 'END', 'START', 'END']);
    const reports = records.flatMap((r) => (r.platform?.type === 'report' ? [r.platform] : []));
    assert.deepEqual(
      // Whether a stem was ready for the first one depends on the machine.
      reports.map((r) => [r.status, r.start === 'stem' ? 'cold' : r.start]),
      [
        ['success', 'cold'],
        ['success', 'warm'],
        ['success', 'warm'],
      ],
    );
  });

  test('narrows them by --lines, --search, --version, --request-id and --since, and by all together', async () => {
    const texts = async (...args: string[]): Promise<readonly string[]> => {
      const records = await recordsOf(s, ['talker', ...args]);
      return records.filter((r) => r.stream !== 'platform').map((r) => r.text.slice(0, 11));
    };
    assert.deepEqual(await texts('--search', 'APPLE'), ['Apple one', 'apple three']);
    assert.deepEqual(await texts('-s', 'apple', '--version', 'v2'), ['apple three']);
    assert.deepEqual(await texts('-s', 'apple', '-n', '1'), ['apple three']);
    const [one] = await recordsOf(s, ['talker', '--search', 'pear']);
    assert.deepEqual(await texts('--request-id', one?.requestId ?? ''), ['Apple one', 'pear two']);
    assert.deepEqual(await texts('--since', new Date(middle).toISOString(), '-s', 'apple'), []);
    assert.deepEqual(await texts('--since', '5m', '-s', 'three'), ['apple three']);
    assert.equal((await recordsOf(s, ['talker', '--lines', '2'])).length, 2);
    assert.equal((await recordsOf(s, ['talker', '--lines', '0'])).length, 0);
    const atVersion = await recordsOf(s, ['talker@1']);
    assert.deepEqual([...new Set(atVersion.map((r) => r.version))], [1]);
    await s.refused(['logs', 'talker', '--since', 'yesterday'], 'LAM_CLI_BAD_TIME', 2);
    await s.refused(['logs', 'nobody'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
  });

  test('is pretty without control characters, raw byte for byte, or JSON with one record per line', async () => {
    const pretty = (await s.ok(['logs', 'talker', '-s', 'red'])).stdout;
    assert.match(pretty, /^\d\d:\d\d:\d\d\.\d{3} [0-9a-f]{8} a\uFFFD\[31mred\uFFFD\uFFFD\uFFFDbell\n$/);
    const raw = await s.ok(['logs', 'talker', '-s', 'red', '-o', 'raw']);
    assert.deepEqual(raw.stdoutBytes, Buffer.from('a\u001b[31mred\u0007\r\u009bbell\n'));
    const json = (await s.ok(['logs', 'talker', '-s', 'red', '--json'])).stdout;
    assert.match(json, /^\{[^\n]+\}\n$/);
  });

  test(
    'colours nothing when piped, and something on a terminal',
    { skip: process.platform !== 'linux' && 'script has other flags there' },
    async () => {
      const env = { NO_COLOR: undefined, CI: undefined, TERM: 'xterm' };
      const piped = (await s.ok(['logs', 'talker'], { env })).stdout;
      assert.ok(!piped.includes('\u001b'));
      const shown = (await s.ok(['logs', 'talker', '-s', 'three'], { env, terminal: true })).stdout;
      // The function's own escape sequences are still not let through.
      assert.match(shown, /\u001b\[33mapple three\u001b\[39m/); // oxlint-disable-line no-control-regex -- it is what is looked for
    },
  );

  test('merge all sandboxes of a function', async () => {
    await s.deployNode('many', TALKER);
    const calls = Array.from({ length: 4 }, (_, i) =>
      s.ok(['invoke', 'many', '-d', JSON.stringify({ say: [`from ${i}`], lingerMs: 700 })]),
    );
    await Promise.all(calls);
    const said = await recordsOf(s, ['many', '--search', 'from ']);
    assert.deepEqual(said.map((r) => r.text).toSorted(), ['from 0', 'from 1', 'from 2', 'from 3']);
    assert.ok(new Set(said.map((r) => r.sandbox)).size > 1);
    const follower = follow(s, ['many', '--search', 'later', '--lines', '1']);
    // Nothing is kept that it would show, so each call after its start is the first it may see.
    await s.ok(['invoke', 'many', '-d', '{"say":["sooner","later"]}']);
    for (let i = 0; follower.arrivals.length === 0 && i < 20; i += 1)
      await s.ok(['invoke', 'many', '-d', '{"say":["later"]}']);
    const first = await follower.seen('later');
    assert.equal(first.record.text, 'later');
    assert.equal(await follower.interrupt(), 130);
  });

  test('keeps history over a restart of the daemon, and a new daemon adds to it', async () => {
    const old = await recordsOf(s, ['talker', '--since', '1h']);
    const { pid } = await s.status();
    await s.ok(['restart']);
    assert.notEqual((await s.status()).pid, pid);
    assert.deepEqual(await recordsOf(s, ['talker', '--since', '1h']), old);
    await s.ok(['invoke', 'talker', '-d', '{"say":["after"]}']);
    const now = await recordsOf(s, ['talker', '--since', '1h']);
    assert.deepEqual(now.slice(0, old.length), old);
    assert.ok(now.slice(old.length).some((r) => r.text === 'after'));
  });

  test('end without an error when the reader closes the pipe, as in lam logs | head -1', async () => {
    const say = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(100)}`);
    await s.ok(['invoke', 'talker'], { stdin: JSON.stringify({ say }) });
    for (const more of [[], ['--follow']]) {
      const child = s.start(['logs', 'talker', '--since', '1h', ...more]);
      let stderr = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
      child.stdout?.once('data', () => child.stdout?.destroy());
      assert.equal(await ended, 0);
      assert.equal(stderr, '');
    }
  });
});
