import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS, PLAIN_STREAM } from '../../../src/contract/index.ts';
import { encodeFrame, FRAME, STREAM_PIECE_BYTES, STREAM_WINDOW_BYTES } from '../../../src/executor/frames.ts';
import type { InvokeOutcome } from '../../../src/executor/session.ts';
import { StreamedAnswer } from '../../../src/executor/streamed-answer.ts';
import { StreamReader } from '../../conformance/stream-reader.ts';
import { SessionHouse, type Pair } from './session-pair.ts';

const PIECE = Buffer.alloc(STREAM_PIECE_BYTES, 'x');

/** Begins a streamed answer and returns the ends of it. */
async function streaming(pair: Pair, options: { readonly isSlow?: boolean; readonly requestId?: string } = {}) {
  const reader = StreamReader.read(pair.session, {}, options);
  const request = await pair.number();
  const send = (type: number, meta = '', body: Uint8Array | string = ''): boolean =>
    pair.sandbox.write(encodeFrame(type, request, meta, body));
  send(FRAME.stream, '{"contentType":"text/plain"}');
  return { reader, request, send };
}

const kindOf = (outcome: InvokeOutcome | undefined): string | undefined => outcome?.kind;

test('a streamed answer is cut off beyond its limit, and its source is told once', () => {
  const piece = Buffer.alloc(1024 * 1024);
  let [received, taken, cancels] = [0, 0, 0];
  const receiver = {
    piece: (bytes: Uint8Array) => {
      received += bytes.length;
      return true;
    },
  };
  const source = { taken: (bytes: number) => (taken += bytes), cancel: () => (cancels += 1) };
  const answer = new StreamedAnswer({ streamed: () => receiver }, { contentType: PLAIN_STREAM }, source);
  const whole: InvokeOutcome = { kind: 'result', payload: Buffer.alloc(0) };
  for (let sent = 0; sent < LIMITS.streamedBytes; sent += piece.length) answer.push(piece);
  assert.deepEqual([received, cancels, answer.outcomeOf(whole)], [LIMITS.streamedBytes, 0, whole]);
  for (let more = 0; more < 3; more++) answer.push(piece);
  assert.deepEqual([received, cancels], [LIMITS.streamedBytes, 1]);
  assert.equal(taken, LIMITS.streamedBytes + 3 * piece.length, 'the source is never held back');
  assert.deepEqual(answer.outcomeOf(whole), { kind: 'too-large', bytes: taken });
  const exit = { kind: 'exit', exit: { code: 1, signal: null, outOfMemory: false } } as const;
  assert.equal(answer.outcomeOf(exit), exit);
});

describe('a streamed answer over frames', { concurrency: false }, () => {
  test('is passed on piece by piece, and ends with its result', async () => {
    await using house = await SessionHouse.open();
    const pair = await house.pair();
    const { reader, send } = await streaming(pair);
    send(FRAME.chunk, '', 'a');
    assert.equal(await reader.text(1), 'a');
    assert.equal(reader.contentType, 'text/plain');
    send(FRAME.chunk, '', 'b');
    send(FRAME.result, '12.5');
    const ended = await reader.ended;
    assert.deepEqual([reader.whole, ended.kind, 'ranMs' in ended ? ended.ranMs : 0], ['ab', 'result', 12.5]);
    pair.session.close();
  });

  test('gets a default content type without a valid one', async () => {
    await using house = await SessionHouse.open();
    const pair = await house.pair();
    const reader = StreamReader.read(pair.session, {});
    const request = await pair.number();
    pair.sandbox.write(encodeFrame(FRAME.stream, request, '{"contentType":7}'));
    pair.sandbox.write(encodeFrame(FRAME.result, request, '1'));
    assert.equal((await reader.done()).contentType, PLAIN_STREAM);
    pair.session.close();
  });

  test('is credited as its reader takes it, and no byte earlier', async () => {
    await using house = await SessionHouse.open();
    const pair = await house.pair();
    const { reader, request, send } = await streaming(pair, { isSlow: true });
    for (let sent = 0; sent < STREAM_WINDOW_BYTES; sent += PIECE.length) send(FRAME.chunk, '', PIECE);
    await reader.text(STREAM_WINDOW_BYTES);
    reader.goOn();
    const credit = await pair.next();
    assert.deepEqual([credit.type, credit.request, credit.meta], [FRAME.credit, request, String(STREAM_WINDOW_BYTES)]);
    send(FRAME.chunk, '', PIECE);
    assert.equal((await pair.next()).meta, String(PIECE.length));
    pair.session.close();
    assert.equal(kindOf(await reader.ended), 'exit');
  });

  test('cannot run ahead of its credit', async () => {
    await using house = await SessionHouse.open();
    const pair = await house.pair();
    const { reader, send } = await streaming(pair, { isSlow: true });
    for (let sent = 0; sent <= STREAM_WINDOW_BYTES; sent += PIECE.length) send(FRAME.chunk, '', PIECE);
    assert.equal(kindOf(await reader.ended), 'exit');
    assert.deepEqual(pair.refusals, [
      `more than ${STREAM_WINDOW_BYTES} bytes of a streamed answer ahead of its reader`,
    ]);
  });

  test('is cancelled once when its reader leaves; what follows is taken and discarded', async () => {
    await using house = await SessionHouse.open();
    const pair = await house.pair();
    const { reader, request, send } = await streaming(pair, { isSlow: true });
    send(FRAME.chunk, '', PIECE);
    await reader.text(1);
    reader.cancel();
    reader.cancel();
    const [cancel, credit] = [await pair.next(), await pair.next()];
    assert.deepEqual([cancel.type, cancel.request, credit.type], [FRAME.cancel, request, FRAME.credit]);
    send(FRAME.chunk, '', PIECE);
    assert.equal((await pair.next()).type, FRAME.credit);
    send(FRAME.result, '1');
    assert.equal((await reader.done()).bytes, PIECE.length);
    pair.session.close();
  });

  test('fails with an error in the middle, and with the exit of the process', async () => {
    await using house = await SessionHouse.open();
    const pair = await house.pair({ concurrency: 2 });
    const one = await streaming(pair, { requestId: 'one' });
    const two = await streaming(pair, { requestId: 'two' });
    one.send(FRAME.chunk, '', 'half');
    one.send(FRAME.error, '{"errorType":"E"}', '{}');
    assert.equal(kindOf(await one.reader.ended), 'error');
    assert.equal(one.reader.whole, 'half');
    pair.sandbox.end();
    pair.session.exited({ code: 1, signal: null, outOfMemory: false });
    assert.equal(kindOf(await two.reader.ended), 'exit');
  });

  test('ends at the time-out of its invocation; later parts are ignored', async () => {
    await using house = await SessionHouse.open();
    const pair = await house.pair({ timeoutMs: 50, concurrency: 2 });
    const { reader, send } = await streaming(pair);
    send(FRAME.chunk, '', 'a');
    assert.equal(kindOf(await reader.ended), 'timeout');
    send(FRAME.chunk, '', 'b');
    reader.goOn();
    send(FRAME.result, '1');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([reader.whole, pair.refusals], ['a', []]);
    pair.session.close();
  });

  for (const [what, parts] of [
    ['a piece before its beginning', [[FRAME.chunk, 1]]],
    [
      'a second beginning',
      [
        [FRAME.stream, 1],
        [FRAME.stream, 1],
      ],
    ],
    ['a piece for an invocation that does not run', [[FRAME.chunk, 9]]],
    ['a piece for no invocation', [[FRAME.chunk, 0]]],
  ] as const)
    test(`refuses ${what}`, async () => {
      await using house = await SessionHouse.open();
      const pair = await house.pair();
      const reader = StreamReader.read(pair.session, {});
      const request = await pair.number();
      for (const [type, which] of parts)
        pair.sandbox.write(encodeFrame(type, which === 1 ? request : which, '', type === FRAME.chunk ? 'x' : ''));
      assert.equal(kindOf(await reader.ended), 'exit');
      assert.equal(pair.refusals.length, 1);
    });
});
