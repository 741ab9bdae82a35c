import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AsyncPage, AsyncResult } from '../../src/contract/index.ts';
import { lamSession, type LamSession } from './session.ts';

describe('asynchronous invocations at a shell', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession({ driver: 'process' });
    await s.deployNode(
      'hello',
      `export const handler = async (event) => {
         console.log('working');
         if (event.fail) throw new TypeError('as asked');
         return { got: event };
       };`,
    );
  });
  after(() => s[Symbol.asyncDispose]());

  const invoke = async (event: object, ...flags: string[]): Promise<string> => {
    const { stdout } = await s.ok(['invoke', 'hello', '--async', '-d', JSON.stringify(event), ...flags]);
    return stdout.trim();
  };

  test('there is nothing to list at first, which says how to start one', async () => {
    const { stdout, stderr } = await s.ok(['invocations']);
    assert.deepEqual(
      [stdout, stderr.trim()],
      ['', 'no asynchronous invocations; start one: lam invoke FUNCTION --async'],
    );
    const none = (await s.ok(['invocations', 'hello', '--state', 'pending'])).stderr;
    assert.equal(none, "'hello' has no pending asynchronous invocations\n");
    assert.match((await s.ok(['dlq', 'list'])).stderr, /no dead letters/);
    assert.match((await s.ok(['dlq', 'list', 'hello'])).stderr, /'hello' has no dead letters/);
    assert.deepEqual(await s.json<AsyncPage>(['invocations']), { invocations: [] });
  });

  test('lam invoke --async prints the id, and lam result its result once it has finished', async () => {
    const id = await invoke({ n: 1 });
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const { stdout, stderr } = await s.ok(['result', id, '--wait', '--logs']);
    assert.equal(stdout.trim(), '{"got":{"n":1}}');
    assert.match(stderr, /working/);
    const result = await s.json<AsyncResult>(['result', id]);
    assert.deepEqual([result.state, result.attempts, result.payload], ['COMPLETED', 1, '{"got":{"n":1}}']);
    const again = (await s.ok(['retry', id, '--version', 'v1'])).stdout.trim();
    assert.notEqual(again, id);
    assert.equal((await s.ok(['result', again, '--wait'])).stdout.trim(), '{"got":{"n":1}}');
    const listed = (await s.ok(['invocations', 'hello'])).stdout;
    assert.match(listed, new RegExp(`${again}\\s+hello@1\\s+COMPLETED[^]*${id}\\s+hello\\s+COMPLETED`));
    const { id: asJson } = await s.json<{ id: string }>(['invoke', 'hello', '--async']);
    await s.ok(['result', asJson, '--wait']);
  });

  test('one that is put off waits, can be cancelled, and survives a restart of the daemon', async () => {
    const [first, second] = [
      await invoke({}, '--in', '1h'),
      await invoke({}, '--at', '2099-01-01T00:00:00Z').catch(() => ''),
    ];
    assert.equal(second, '', 'a year ahead is the most');
    await s.ok(['restart']);
    assert.match(
      (await s.ok(['invocations', '--state', 'pending'])).stdout,
      new RegExp(`${first}\\s+hello\\s+PENDING.*in \\d+ min`),
    );
    const early = await s.run(['result', first]);
    assert.deepEqual([early.code, early.stdout], [1, '']);
    assert.match(early.stderr, /has not finished yet: PENDING[^]*lam result .* --wait/);
    assert.equal((await s.ok(['cancel', first])).stdout.trim(), `cancelled ${first}`);
    const gone = await s.run(['result', first, '--wait']);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /was cancelled and has no result[^]*lam retry[^]*LAM_OPERATIONS_INVOCATION_CANCELLED/);
    assert.match((await s.run(['cancel', first])).stderr, /has finished already: CANCELLED/);
  });

  test('one that fails to the end exits 5 with its error document, and is a dead letter', async () => {
    const id = await invoke({ fail: true });
    const failed = await s.run(['result', id, '--wait']);
    assert.equal(failed.code, 5);
    assert.match(failed.stdout, /"errorType":"TypeError"/);
    assert.match(failed.stderr, /the invocation failed: TypeError \(RetriesExhausted\)/);
    const dead = await s.ok(['dlq', 'list', 'hello']);
    assert.match(dead.stdout, new RegExp(`${id}\\s+hello\\s+FAILED\\s+3`));
    assert.match(dead.stderr, /lam dlq redrive --function hello; .*lam dlq purge --function hello$/m);
    assert.match((await s.ok(['dlq', 'list'])).stderr, /lam dlq redrive --all; .*lam dlq purge --all$/m);
    assert.match(
      (await s.ok(['dlq', 'show', id])).stdout,
      /reason:\s+RetriesExhausted[^]*last error:\s+TypeError: as asked\nat:\s+handler [^]*\{"fail":true\}/,
    );
    assert.equal((await s.json<{ event: string }>(['dlq', 'show', id])).event, '{"fail":true}');
    await s.deployNode('hello', 'export const handler = async () => "mended";');
    assert.match((await s.ok(['dlq', 'redrive', id])).stdout, /queued again: 1 dead letter$/m);
    assert.equal((await s.ok(['result', id, '--wait'])).stdout.trim(), '"mended"');
    const other = await s.run(['dlq', 'purge', '--all']);
    assert.equal(other.code, 2, 'asks, and there is no terminal');
    assert.match(other.stderr, /deleting 0 dead letters/);
    assert.match((await s.ok(['dlq', 'purge', '--all', '--yes'])).stdout, /deleted 0 dead letters/);
  });

  test('lam result --wait outlives a restart of the daemon', async () => {
    await s.deployNode(
      'slow',
      'export const handler = async (e) => { await new Promise((done) => setTimeout(done, e.ms)); return "late"; };',
    );
    await s.ok(['config', 'set', 'slow', 'timeout=60']);
    const id = (await s.ok(['invoke', 'slow', '--async', '--in', '5s', '-d', '{"ms":1}'])).stdout.trim();
    const waiting = s.run(['result', id, '--wait']);
    await s.ok(['restart']);
    const { code, stdout } = await waiting;
    assert.deepEqual([code, stdout.trim()], [0, '"late"']);
  });

  test('lam gc keeps versions that waiting events and dead letters name', async () => {
    await s.deployNode('kept', 'export const handler = async () => 1;');
    await s.ok(['config', 'set', 'kept', 'eventVersion=acceptance']);
    const id = (await s.ok(['invoke', 'kept', '--async', '--in', '1h', '-d', '{}'])).stdout.trim();
    await s.ok(['config', 'set', 'kept', 'description=newer']);
    await s.ok(['gc', '--keep', '0', '--yes']);
    const left = (await s.json<{ versions: { version: number }[] }>(['versions', 'kept'])).versions;
    assert.deepEqual(
      left.map(({ version }) => version).toSorted((a, b) => a - b),
      [2, 3],
    );
    assert.match((await s.ok(['describe', 'kept'])).stdout, /^events: +1 waiting, 0 running, 0 completed/m);
    assert.match((await s.ok(['status'])).stdout, /^events: +[1-9]\d* waiting, \d+ running/m);
    assert.match((await s.ok(['df'])).stdout, /^async: +[1-9][\d.]* [KM]i?B/m);
    await s.ok(['cancel', id]);
    await s.ok(['gc', '--keep', '0', '--yes']);
    const after = (await s.json<{ versions: { version: number }[] }>(['versions', 'kept'])).versions;
    assert.deepEqual(
      after.map(({ version }) => version),
      [3],
    );
  });

  test('misuse is refused with a hint, and nothing is accepted', async () => {
    const misuse = async (argv: string[], code: number, text: RegExp): Promise<void> => {
      const { code: exit, stderr } = await s.run(argv);
      assert.equal(exit, code, stderr);
      assert.match(stderr, text);
    };
    const { invocations } = await s.json<AsyncPage>(['invocations']);
    await misuse(['invoke', 'hello', '--in', '10m'], 2, /add --async/);
    await misuse(['invoke', 'hello', '--async', '--in', 'soon'], 2, /'soon' is not a time/);
    await misuse(['invoke', 'hello', '--async', '--at', '10m'], 2, /'10m' is not a date/);
    await misuse(['invoke', 'hello', '--async', '--in', '1m', '--at', '2030-01-01'], 2, /not both/);
    await misuse(
      ['invoke', 'hello', '--async', '--at', '2020-01-01T00:00Z'],
      2,
      /is in the past[^]*LAM_OPERATIONS_START_TIME/,
    );
    await misuse(['invoke', 'nobody', '--async'], 4, /nobody/);
    await misuse(['result', 'x'], 4, /there is no asynchronous invocation 'x'[^]*lam invocations/);
    await misuse(['dlq', 'redrive'], 2, /one of them/);
    await misuse(['dlq', 'purge', 'x', '--all'], 2, /one of them/);
    await misuse(['invocations', 'a/b'], 2, /a\/b/);
    assert.equal((await s.json<AsyncPage>(['invocations'])).invocations.length, invocations.length);
  });
});
