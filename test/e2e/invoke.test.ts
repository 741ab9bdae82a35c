import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lamSession, type LamSession } from './session.ts';

/** Prints in every way besides its result, and acts as its event says. */
const ECHO = `
export const handler = async (event, context) => {
  console.log('{"printed":"on stdout"}');
  console.error('printed on stderr');
  process.stdout.write('no line break at the end');
  if (event.fail) throw new TypeError(event.fail);
  if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
  if (event.which) return process.env.WHICH;
  return event;
};
`;

const NO_FULL = existsSync('/dev/full') ? false : 'no /dev/full here';

/** Answers with the bytes of its event. */
const MIRROR = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
cd "\${TMPDIR:-/tmp}"
while true; do
  curl -fsS --noproxy '*' -D headers -o event "$api/next"
  id=$(tr -d '\\r' < headers | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: *//p')
  curl -fsS --noproxy '*' -o /dev/null --data-binary @event "$api/$id/response"
done
`;

describe('lam invoke', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    for (const which of ['one', 'two', 'three'])
      await s.deployNode('echo', `${ECHO}\nprocess.env.WHICH = '${which}';`, { timeout: 2 });
    await s.ok(['alias', 'set', 'echo', 'prod', 'v1']);
  });
  after(() => s.dispose());

  /** Runs invoke and expects these bytes, exit 0 and an empty stderr. */
  const gives = async (
    args: readonly string[],
    expected: string,
    options: Parameters<LamSession['run']>[1] = {},
  ): Promise<void> => {
    const result = await s.ok(['invoke', ...args], options);
    assert.equal(result.stdout, expected);
    assert.equal(result.stderr, '');
  };

  test('prints only the payload to a pipe, whatever the function prints, without a line break', async () => {
    await gives(['echo', '-d', '{"a":1}'], '{"a":1}');
  });

  test('prints text of any script unchanged', async () => {
    const event = '{"text":"Zoë 🦊 漢字 \\u0000 \u2028","nested":{"é":[1.5,null,true]}}';
    await gives(['echo', '-d', event], event);
  });

  test(
    'prints the very bytes that a custom runtime answers',
    { skip: process.platform !== 'linux' && 'for Linux' },
    async () => {
      const cwd = s.files('mirror', {
        'lam.yaml': 'name: mirror\nruntime: provided\ntimeout: 10\n',
        bootstrap: MIRROR,
      });
      chmodSync(join(cwd, 'bootstrap'), 0o755);
      await s.ok(['deploy'], { cwd });
      const event = ' {\r\n\t"b" : 1.0,\n\n "a":"\\u00e9é" }\n\n';
      const result = await s.ok(['invoke', 'mirror', '-d', event]);
      assert.deepEqual(result.stdoutBytes, Buffer.from(event));
    },
  );

  test('takes the event from -d, @FILE, -e FILE, - and a pipe; without one it is {}', async () => {
    const cwd = s.files('events', { 'e.json': '{"from":"a file"}' });
    await gives(['echo', '--data={"from":"a flag"}'], '{"from":"a flag"}');
    await gives(['echo', '-d', '@e.json'], '{"from":"a file"}', { cwd });
    await gives(['echo', '-e', 'e.json'], '{"from":"a file"}', { cwd });
    await gives(['echo', '-C', cwd, '--event', 'e.json'], '{"from":"a file"}');
    await gives(['echo', '-d', '-'], '{"from":"stdin"}', { stdin: '{"from":"stdin"}' });
    await gives(['echo'], '{"from":"a pipe"}', { stdin: '{"from":"a pipe"}' });
    await gives([], '{"from":"a pipe"}', { stdin: '{"from":"a pipe"}', cwd: s.files('echo', {}) });
    await gives(['echo'], '{}');
    await gives(['echo'], '{}', { stdin: '' });
  });

  test('reads a large event from a pipe whole', async () => {
    const event = JSON.stringify({ text: 'é'.repeat(500_000) });
    await gives(['echo'], event, { stdin: event });
  });

  test('runs the requested version or alias, by default the live version', async () => {
    for (const [reference, which] of [
      ['echo', 'three'],
      ['echo@2', 'two'],
      ['echo@v2', 'two'],
      ['echo:2', 'two'],
      ['echo:prod', 'one'],
      ['echo@prod', 'one'],
      ['echo:$LATEST', 'three'],
    ] as const) {
      await gives([reference, '-d', '{"which":true}'], `"${which}"`);
    }
  });

  test('invokes the function of the project in the current folder', async () => {
    await gives(['-d', '[1]'], '[1]', { cwd: join(s.cwd, 'echo') });
  });

  test('exits with 5 when the function fails, its error document on stdout and a line on stderr', async () => {
    const result = await s.run(['invoke', 'echo', '-d', '{"fail":"told to\\u001b[31m"}']);
    assert.equal(result.code, 5);
    const document = JSON.parse(result.stdout) as { errorType: string; errorMessage: string; trace: string[] };
    assert.deepEqual([document.errorType, document.errorMessage], ['TypeError', 'told to\u001b[31m']);
    assert.match(document.trace[0] ?? '', /^TypeError: told to/);
    // The message is in the payload.
    assert.equal(result.stderr, 'the function failed: TypeError\n');
  });

  test('exits with 6 when the function times out', async () => {
    const result = await s.run(['invoke', 'echo', '-d', '{"waitMs":60000}']);
    assert.equal(result.code, 6);
    const { errorType, errorMessage } = JSON.parse(result.stdout) as { errorType: string; errorMessage: string };
    assert.equal(errorType, 'Sandbox.Timedout');
    assert.match(errorMessage, /Task timed out after 2\.00 seconds$/);
    assert.equal(result.stderr, 'the function timed out\n');
  });

  test('exits with 0 with --no-fail, and prints the same', async () => {
    const result = await s.run(['invoke', 'echo', '--no-fail', '-d', '{"fail":"told to"}']);
    assert.equal(result.code, 0);
    assert.match(result.stdout, /^\{"errorType":"TypeError","errorMessage":"told to"/);
    assert.equal(result.stderr, 'the function failed: TypeError\n');
  });

  test(
    'fails with exit 1 when the output cannot be written, with and without the fast path',
    { skip: NO_FULL },
    async () => {
      for (const args of [
        ['invoke', 'echo', '-d', '7'],
        // Without a name the full program finds the project's function.
        ['invoke', '-d', '7'],
        ['invoke', 'echo', '-d', '7', '--json'],
        ['logs', 'echo'],
        ['list'],
      ]) {
        const { code, stdout, stderr } = await s.run(args, { stdoutFile: '/dev/full', cwd: join(s.cwd, 'echo') });
        assert.deepEqual([code, stdout], [1, ''], args.join(' '));
        if (args.includes('--json')) assert.match(stderr, /^\{"ok":false,"error":\{"code":"LAM_CLI_OUTPUT_FAILED"/);
        else
          assert.match(
            stderr,
            /^Error: the output could not be written: no space left on device\n {2}hint: .*\n {2}code: LAM_CLI_OUTPUT_FAILED\n$/,
          );
      }
    },
  );

  test('exits with 9 when the function is throttled, and with 0 with --no-fail', async () => {
    await s.deployNode('narrow', ECHO, { maxConcurrency: 1, queue: 0 });
    const running = s.run(['invoke', 'narrow', '-d', '{"waitMs":6000}']);
    await s.untilBusy(1);
    const fault = await s.refused(['invoke', 'narrow'], 'LAM_POOL_THROTTLED', 9);
    assert.match(fault.message, /'narrow'/);
    const forgiven = await s.run(['invoke', 'narrow', '--no-fail']);
    assert.deepEqual([forgiven.code, forgiven.stdout], [0, '']);
    assert.match(forgiven.stderr, /is at its concurrency limit/);
    assert.equal((await running).code, 0);
  });

  test('exits with 4 for a missing function, and suggests the nearest name', async () => {
    const result = await s.run(['invoke', 'ecko', '-d', '{}']);
    assert.deepEqual([result.code, result.stdout], [4, '']);
    assert.equal(
      result.stderr,
      "Error: function 'ecko' does not exist\n  hint: did you mean 'echo'? see what is deployed: lam list\n  code: LAM_REGISTRY_FUNCTION_NOT_FOUND\n",
    );
    await s.refused(['invoke', 'echo@9'], 'LAM_REGISTRY_VERSION_NOT_FOUND', 4);
    await s.refused(['invoke', 'echo:nope'], 'LAM_REGISTRY_ALIAS_NOT_FOUND', 4);
  });

  test('exits with 2 for an event that is not JSON, a missing file and an invalid name', async () => {
    const result = await s.run(['invoke', 'echo', '-d', '{"a":1,\n"b":nope}']);
    assert.deepEqual([result.code, result.stdout], [2, '']);
    assert.match(
      result.stderr,
      /^Error: the payload from -d is not JSON: line 2, column 5 should be a value, near: .*nope.*\n {2}hint: give JSON/,
    );
    const piped = await s.run(['invoke', 'echo'], { stdin: 'hello' });
    assert.equal(piped.code, 2);
    assert.match(piped.stderr, /standard input/);
    await s.refused(['invoke', 'echo', '-d', '@missing.json'], 'LAM_CLI_PAYLOAD_UNREADABLE', 2);
    await s.refused(['invoke', '../x'], 'LAM_CLI_BAD_REFERENCE', 2);
  });

  test('prints one object with --json that contains the payload, with the same exit code', async () => {
    const good = await s.json<Record<string, unknown>>(['invoke', 'echo:prod', '-d', '{"é":[1]}']);
    assert.deepEqual(good['payload'], { é: [1] });
    assert.deepEqual([good['status'], good['version']], [200, '1']);
    assert.match(String(good['requestId']), /^[0-9a-f-]{36}$/);
    const bad = await s.run(['invoke', 'echo', '--json', '-d', '{"fail":"told to"}']);
    assert.equal(bad.code, 5);
    const { ok, data } = JSON.parse(bad.stdout) as {
      ok: boolean;
      data: { functionError: string; payload: { errorType: string } };
    };
    assert.deepEqual([ok, data.functionError, data.payload.errorType], [false, 'Unhandled', 'TypeError']);
    const forgiven = await s.run(['invoke', 'echo', '--json', '--no-fail', '-d', '{"fail":"told to"}']);
    assert.equal(forgiven.code, 0);
    assert.equal((JSON.parse(forgiven.stdout) as { ok: boolean }).ok, true);
  });

  test('shows the log on stderr with --logs, and status, version and request id with --include', async () => {
    const result = await s.ok(['invoke', 'echo@2', '--logs', '--include', '-d', '7']);
    assert.equal(result.stdout, '7');
    assert.match(
      result.stderr,
      /START RequestId: (\S+) Version: 2\n[^]*\{"printed":"on stdout"\}\n[^]*END RequestId: \1\nREPORT RequestId: \1/,
    );
    assert.match(result.stderr, /printed on stderr\n/);
    assert.match(result.stderr, /no line break at the end\n/);
    assert.match(result.stderr, /status: 200\nversion: 2\nrequest id: [0-9a-f-]{36}\n$/);
  });

  test(
    'adds a line break and the log on a terminal',
    { skip: process.platform !== 'linux' && 'script has other flags there' },
    async () => {
      const result = await s.ok(['invoke', 'echo', '-d', '7'], { terminal: true });
      assert.match(result.stdout, /START RequestId: [^]*printed on stderr\r\n[^]*REPORT RequestId: [^]*\r\n7\r\n$/);
      const quiet = await s.ok(['invoke', 'echo', '--no-logs', '-d', '7'], { terminal: true });
      assert.equal(quiet.stdout, '7\r\n');
      const failed = await s.run(['invoke', 'echo', '--no-logs', '-d', '{"fail":"told to"}'], { terminal: true });
      assert.match(failed.stdout, /\r\nthe function failed: TypeError: told to\r\n$/);
    },
  );

  test('ends with 130 at Ctrl-C', async () => {
    for (const flags of [[], ['--json']]) {
      const child = s.start(['invoke', 'echo', '-d', '{"waitMs":3000}', ...flags]);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await s.untilBusy(1);
      child.kill('SIGINT');
      assert.equal(await ended, 130);
      await s.untilBusy(0);
    }
  });

  test('starts the daemon if none runs, and prints that', async () => {
    await s.ok(['stop']);
    const result = await s.ok(['invoke', 'echo', '-d', '1']);
    assert.equal(result.stdout, '1');
    assert.match(result.stderr, /^started the daemon: http:\/\/127\.0\.0\.1:\d+, driver process \(/);
    await s.ok(['stop']);
    await s.refused(['invoke', 'echo', '--no-start'], 'LAM_CLIENT_DAEMON_NOT_RUNNING', 3);
    const piped = await s.ok(['invoke', 'echo'], { stdin: '"piped"' });
    assert.equal(piped.stdout, '"piped"');
  });
});
