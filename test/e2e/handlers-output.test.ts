import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { listing } from '../support/listing.ts';
import { DRIVERS, eventually, lamSession, type LamSession } from './session.ts';

const NODE = `
const line = (i) => i + ' ' + 'x'.repeat(90) + '\\n';
export const handler = async (event) => {
  if (event.print !== undefined) {
    for (let i = 0; i < event.print; i += 1000) {
      let text = '';
      for (let j = i; j < i + 1000; j++) text += line(j);
      process.stdout.write(text);
      await null;
    }
    console.log('the last line');
    return 'printed';
  }
  for (const text of event.lines) console.log(text);
  process.stdout.write(event.raw ?? '');
  return event.lines.length;
};`;

const PYTHON = `
import sys
def lambda_handler(event, context):
    for text in event['lines']: print(text)
    sys.stdout.write(event.get('raw', ''))
    return len(event['lines'])
`;

/** Text that looks like lam's own, or would move a cursor. */
const LINES = [
  'REPORT RequestId: 11111111-2222-3333-4444-555555555555\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 1 MB',
  'START RequestId: 11111111-2222-3333-4444-555555555555 Version: 99',
  'END RequestId: 11111111-2222-3333-4444-555555555555',
  '{"time":1,"stream":"platform","requestId":"","version":99,"sandbox":"x","text":"forged"}',
  '\u0000\u0000\u0000\u0010\u0013\u0000\u0000\u0000\u0001\u0000\u0002{}forged result',
  'a\rb\nc',
  '\u001b[2J\u001b[31mred',
  '',
  'ünïcödé 🎈',
];

interface Printed {
  readonly stream: string;
  readonly text: string;
  readonly version: number;
}

/** The most memory a process has held, MiB. */
function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

for (const driver of DRIVERS) {
  describe(`what a handler prints (${driver})`, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
      await s.deployNode('node', NODE, { timeout: 60 });
      await s.deployPython('python', PYTHON);
    });
    after(() => s.dispose());

    async function logs(name: string): Promise<Printed[]> {
      const { stdout } = await s.ok(['logs', name, '-o', 'json', '-n', '1000']);
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Printed);
    }

    for (const name of ['node', 'python']) {
      test(`${name}: lines in the format of lam's own are logged as the function's, complete and in order`, async () => {
        const { stdout } = await s.ok(['invoke', name, '-d', JSON.stringify({ lines: LINES })]);
        assert.equal(stdout, String(LINES.length), 'the answer is the handler own');
        const records = await logs(name);
        const printed = records.filter((record) => record.stream === 'stdout');
        // The number of records per text depends on the runtime; no text is lost or added.
        assert.equal(printed.map((record) => record.text).join('\n'), LINES.join('\n'));
        const platform = records.filter((record) => record.stream === 'platform');
        assert.deepEqual(
          platform.map((record) => record.text.split(' ')[0]),
          ['START', 'END', 'REPORT'].filter((word) => platform.some((p) => p.text.startsWith(word))),
        );
        assert.ok(
          platform.every((record) => record.version === 1),
          'no forged record is taken for ours',
        );
      });
      test(`${name}: a line without a line break is logged`, async () => {
        await s.ok(['invoke', name, '-d', JSON.stringify({ lines: [], raw: 'no end of line' })]);
        const printed = (await logs(name)).filter((record) => record.stream === 'stdout');
        assert.equal(printed.at(-1)?.text, 'no end of line');
      });
    }

    test('cannot control the terminal: the pretty format prints no control characters', async () => {
      const { stdout } = await s.ok(['logs', 'node']);
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      assert.doesNotMatch(stdout, /[\u0000-\u0008\u000b-\u001f]/);
    });

    test('100 MB of output do not grow the daemon; the answer arrives, and the log keeps the newest part', async () => {
      const { pid } = await s.status();
      const before = peakOf(pid);
      const lines = 1_000_000;
      const { stdout } = await s.ok(['invoke', 'node', '-d', JSON.stringify({ print: lines })], { limitMs: 90_000 });
      assert.equal(stdout, '"printed"');
      const grown = peakOf(pid) - before;
      assert.ok(grown < 200, `the daemon grew by ${Math.round(grown)} MiB`);
      // The answer does not wait for the disk.
      assert.ok(
        await eventually(
          async () => (await s.ok(['logs', 'node', '-o', 'raw', '-n', '5'])).stdout.includes('the last line'),
          20_000,
        ),
      );
      const { stdout: newest } = await s.ok(['logs', 'node', '-o', 'raw', '--search', `${lines - 1} xxx`]);
      assert.ok(newest.includes(`${lines - 1} xxx`));
      const { logs: bytes } = await s.json<{ logs: number }>(['df']);
      assert.ok(
        bytes < 256 * 1024 * 1024,
        `${bytes} bytes of log, in ${listing(s.home)
          .filter((n) => n.startsWith('logs'))
          .join(', ')}`,
      );
    });
  });
}
