import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { LIMITS } from '../../../src/contract/index.ts';
import type { ExitStatus } from '../../../src/executor/index.ts';
import { encodeFrame, encodeLog, FRAME, LOG_STDOUT } from '../../../src/executor/frames.ts';
import { context, hello, SessionHouse, type Pair } from './session-pair.ts';
import { invoked } from '../../support/invoked.ts';
import { CLOSED, ifCode } from '../../support/if-code.ts';

const EXIT: ExitStatus = { code: 3, signal: null, outOfMemory: false };

describe('a session of frames', { concurrency: false }, () => {
  let house: SessionHouse;
  before(async () => {
    house = await SessionHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const pair = (timeoutMs = 10_000): Promise<Pair> => house.pair({ timeoutMs });

  test('passes on a result byte for byte', async () => {
    const { session, sandbox, next } = await pair();
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    const { request } = await next();
    sandbox.write(encodeFrame(FRAME.result, request, '', Buffer.from([0, 255])));
    const settled = await outcome;
    assert.ok(settled.kind === 'result' && Buffer.from(settled.payload).equals(Buffer.from([0, 255])));
    session.close();
  });

  test('discards a result over the payload limit', async () => {
    const { session, sandbox, next } = await pair();
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    sandbox.write(encodeFrame(FRAME.result, (await next()).request, '', Buffer.alloc(LIMITS.payloadBytes + 1)));
    assert.deepEqual(await outcome, { kind: 'too-large', bytes: LIMITS.payloadBytes + 1 });
    session.close();
  });

  test('ignores a result after its time-out', async () => {
    const { session, sandbox, refusals, next } = await pair(20);
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    const { request } = await next();
    assert.deepEqual(await outcome, { kind: 'timeout' });
    sandbox.write(encodeFrame(FRAME.result, request, ''));
    const second = invoked(session, context('s'), Buffer.from('{}'));
    sandbox.write(encodeFrame(FRAME.result, (await next()).request, ''));
    assert.equal((await second).kind, 'result');
    assert.deepEqual(refusals, []);
    session.close();
  });

  for (const [what, frame] of [
    ['an answer to an invocation that was never asked for', encodeFrame(FRAME.result, 99, '')],
    ['a frame of a type that only the daemon sends', encodeFrame(FRAME.invoke, 1, '')],
    ['a frame of an unknown type', encodeFrame(200, 0, '')],
    ['a LOG frame of no stream', encodeLog(0, 3, 0, 'x')],
    ['a LOG frame without its time', encodeFrame(FRAME.log, 0, '', Buffer.from([1]))],
    ['bytes that are no frame', Buffer.alloc(64, 0xff)],
  ] as const) {
    test(`is closed by ${what}`, async () => {
      const { session, sandbox, refusals, next } = await pair();
      const outcome = invoked(session, context('r'), Buffer.from('{}'));
      await next();
      const closed = once(sandbox, 'close');
      sandbox.write(frame);
      assert.equal((await outcome).kind, 'exit');
      assert.equal(refusals.length, 1);
      await closed;
    });
  }

  test('reads the output of an ended process before it settles with its exit', async () => {
    const { session, sandbox, logs, next } = await pair();
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    const { request } = await next();
    sandbox.end(
      Buffer.concat([
        encodeLog(request, LOG_STDOUT, 1, 'last words'),
        encodeFrame(FRAME.error, request, '{"errorType":"E"}', 'doc'),
      ]),
    );
    session.exited(EXIT);
    const settled = await outcome;
    assert.ok(settled.kind === 'error' && settled.errorType === 'E');
    assert.deepEqual(logs, [['stdout', 'last words', 'r']]);
    assert.deepEqual(await invoked(session, context('s'), Buffer.from('{}')), { kind: 'exit', exit: EXIT });
  });

  test('settles with the exit of a process without further output', async () => {
    const { session, sandbox, next } = await pair();
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    await next();
    sandbox.destroy();
    session.exited(EXIT);
    assert.deepEqual(await outcome, { kind: 'exit', exit: EXIT });
  });

  test('cuts a log record to its limit, between characters', async () => {
    const { session, sandbox, logs, next } = await pair();
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    const { request } = await next();
    sandbox.write(encodeLog(request, LOG_STDOUT, 1, `x${'ä'.repeat(LIMITS.logRecordBytes / 2)}`));
    sandbox.write(encodeFrame(FRAME.result, request, ''));
    await outcome;
    assert.equal(logs[0]?.[1], `x${'ä'.repeat(LIMITS.logRecordBytes / 2 - 1)}`);
    session.close();
  });

  test('splits raw output into lines, also without a final line break', async () => {
    const { session, logs, next } = await pair();
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    await next();
    session.output('stdout', Buffer.from('one\ntw'));
    session.output('stderr', Buffer.from('three\r\n'));
    session.output('stdout', Buffer.from('o\nfour'));
    session.close();
    await outcome;
    assert.deepEqual(logs, [
      ['stdout', 'one', 'r'],
      ['stderr', 'three', 'r'],
      ['stdout', 'two', 'r'],
      ['stdout', 'four', 'r'],
    ]);
  });

  test('reads nothing while it is paused, and everything afterwards', async () => {
    const { session, sandbox, logs, next } = await pair();
    const flow: boolean[] = [];
    session.onFlow = (paused) => flow.push(paused);
    session.pause();
    const outcome = invoked(session, context('r'), Buffer.from('{}'));
    const { request } = await next();
    sandbox.write(Buffer.concat([encodeLog(request, LOG_STDOUT, 1, 'held'), encodeFrame(FRAME.result, request, '')]));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(logs, []);
    session.resume();
    await outcome;
    assert.deepEqual(logs, [['stdout', 'held', 'r']]);
    assert.deepEqual(flow, [true, false]);
    session.close();
  });

  test('is refused without a token, or with a frame other than HELLO', async () => {
    const expected = await house.expect({ onLog: assert.fail, onProtocolError: assert.fail });
    for (const frame of [
      hello('wrong'),
      encodeFrame(FRAME.ready, 0, ''),
      encodeFrame(FRAME.hello, 0, 'no JSON'),
      Buffer.alloc(8, 0xff),
    ]) {
      const stranger = connect(expected.path);
      stranger.on('error', ifCode(CLOSED, undefined));
      stranger.resume();
      stranger.write(frame);
      await once(stranger, 'close');
    }
    const sandbox = connect(expected.path);
    sandbox.write(hello(expected.token));
    (await expected.connected).close();
    sandbox.destroy();
  });
});
