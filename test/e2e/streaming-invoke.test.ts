import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { INVOKE } from '../../src/contract/index.ts';
import { http, lamSession, type LamSession } from './session.ts';

/** Streams the pieces of its event, or without end until its reader has left. */
const CODE = `
import { once } from 'node:events';
export const handler = awslambda.streamifyResponse(async ({ pieces = [], endless = false, ending }, stream) => {
  for (const piece of pieces) {
    console.log('piece', piece);
    stream.write(piece);
  }
  while (endless && !stream.destroyed) if (!stream.write('x'.repeat(4096))) await once(stream, 'drain').catch(() => undefined);
  if (ending === 'fail') throw new RangeError('in the middle');
  if (ending === 'hang') await new Promise(() => setInterval(() => undefined, 1000));
  if (ending === 'exit') process.exit(3);
  if (!stream.destroyed) stream.end();
});
`;

describe('lam invoke of a streamed answer', { concurrency: false }, () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    await s.deployNode('streams', CODE, { timeout: 60 });
  });
  after(() => s.dispose());

  const invoke = (event: object, ...flags: string[]) =>
    s.run(['invoke', 'streams', '-d', JSON.stringify(event), ...flags]);
  /** Begins to read a stream without end. */
  const started = () => {
    const child = s.start(['invoke', 'streams', '-d', '{"endless":true}']);
    const { stdout, stderr } = child;
    return { child, stdout: stdout ?? assert.fail(), stderr: stderr ?? assert.fail() };
  };

  test('prints exactly its bytes; --include and --logs go to stderr', async () => {
    const plain = await invoke({ pieces: ['{"a":', '1}', 'é\n'] });
    assert.deepEqual([plain.code, plain.stdout, plain.stderr], [0, '{"a":1}é\n', '']);
    const more = await invoke({ pieces: ['one', 'two'] }, '--include', '--logs');
    assert.deepEqual([more.code, more.stdout], [0, 'onetwo']);
    assert.match(
      more.stderr,
      /piece one[^]*piece two[^]*REPORT[^]*status: 200\nversion: 1\nrequest id: [0-9a-f-]{36}\n$/,
    );
    const empty = await invoke({});
    assert.deepEqual([empty.code, empty.stdout], [0, '']);
  });

  test('prints while the function goes on, and Ctrl-C ends the output of both', async () => {
    const { child, stdout } = started();
    const ended = once(child, 'exit');
    await once(stdout, 'data');
    stdout.resume();
    child.kill('SIGINT');
    assert.deepEqual(await ended, [130, null]);
    await s.untilBusy(0);
  });

  test('ends without an error when the reader of stdout leaves', async () => {
    const { child, stdout, stderr } = started();
    let said = '';
    stderr.on('data', (text: Buffer) => (said += text.toString()));
    const ended = once(child, 'close');
    await once(stdout, 'data');
    stdout.destroy();
    assert.deepEqual([await ended, said], [[0, null], '']);
    await s.untilBusy(0);
  });

  for (const [ending, error] of [
    ['fail', 'RangeError: in the middle'],
    ['exit', 'Runtime.ExitError: '],
  ] as const)
    test(`says on stderr that it is not whole, with the message and exit 5 (${ending})`, async () => {
      const cut = await invoke({ pieces: ['begun'], ending });
      assert.deepEqual([cut.code, cut.stdout], [5, 'begun']);
      assert.ok(cut.stderr.startsWith(`the function failed: ${error}`), cut.stderr);
      const { code } = await invoke({ pieces: ['begun'], ending }, '--no-fail');
      assert.equal(code, 0);
    });

  test('prints the error document on stdout where nothing was streamed before it', async () => {
    const early = await invoke({ ending: 'fail' });
    assert.deepEqual([early.code, early.stderr], [5, 'the function failed: RangeError\n']);
    assert.equal((JSON.parse(early.stdout) as { errorMessage: string }).errorMessage, 'in the middle');
  });

  test('ends with exit 6 when it times out', async () => {
    await s.deployNode('brief', CODE, { timeout: 1 });
    const late = await s.run(['invoke', 'brief', '-d', '{"pieces":["begun"],"ending":"hang"}']);
    assert.deepEqual([late.code, late.stdout], [6, 'begun']);
    assert.match(late.stderr, /^the function timed out: .*Task timed out after 1\.00 seconds\n$/);
  });

  test('comes as events from Invoke only where the caller accepts them; a whole answer never does', async () => {
    await s.deployNode('whole', 'export const handler = async () => "all";');
    const post = (name: string, body: string, accept: string) =>
      http(`${s.url}${INVOKE.path(name)}`, { body, headers: { accept } });
    const typeOf = ({ headers }: { readonly headers: IncomingHttpHeaders }) => headers['content-type'];
    const pieces = '{"pieces":["one"]}';
    const events = await post('streams', pieces, INVOKE.events);
    assert.deepEqual([typeOf(events), events.headers[INVOKE.liveVersion]], [INVOKE.events, '1']);
    assert.match(events.body.toString('latin1'), /PayloadChunk[^]*one[^]*InvokeComplete/);
    const gathered = await post('streams', pieces, '*/*');
    assert.deepEqual([typeOf(gathered), gathered.body.toString()], ['application/json', 'one']);
    const whole = await post('whole', '{}', INVOKE.events);
    assert.deepEqual(
      [typeOf(whole), whole.headers['content-length'], whole.body.toString()],
      ['application/json', '5', '"all"'],
    );
  });

  test('is whole under --json', async () => {
    const { payload } = await s.json<{ payload: unknown }>([
      ...['invoke', 'streams', '-d', JSON.stringify({ pieces: ['{"a":', '1}'] })],
    ]);
    assert.deepEqual(payload, { a: 1 });
    const failed = await invoke({ pieces: ['begun'], ending: 'fail' }, '--json');
    assert.equal(failed.code, 5);
    const { ok, data } = JSON.parse(failed.stdout) as { ok: boolean; data: { payload: { errorType: string } } };
    assert.deepEqual([ok, data.payload.errorType], [false, 'RangeError']);
  });
});
