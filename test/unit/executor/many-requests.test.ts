import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ExitStatus, InvokeOutcome } from '../../../src/executor/index.ts';
import {
  encodeCache,
  encodeFrame,
  encodeLog,
  FRAME,
  LOG_STDOUT,
  STARTUP_CACHE_BYTES,
} from '../../../src/executor/frames.ts';
import { context, SessionHouse, type Pair } from './session-pair.ts';
import { invoked } from '../../support/invoked.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const EXIT: ExitStatus = { code: 3, signal: null, outOfMemory: false };
const event = Buffer.from('{}');

/** Sends `ids` and returns the outcome of each, with the number that the daemon chose for it. */
async function sendAll(
  pair: Pair,
  ids: readonly string[],
): Promise<{ outcomes: Promise<InvokeOutcome>[]; numbers: number[] }> {
  const outcomes = ids.map((id) => invoked(pair.session, context(id), event));
  const numbers: number[] = [];
  for (const _id of ids) numbers.push(await pair.number());
  return { outcomes, numbers };
}

const answer = (pair: Pair, request: number | undefined, body = ''): boolean =>
  pair.sandbox.write(encodeFrame(FRAME.result, request ?? assert.fail(), '1', body));

const kindOf = async (outcome: Promise<InvokeOutcome> | undefined): Promise<string> =>
  (await (outcome ?? assert.fail())).kind;

/** The kind of an outcome that has settled by now; else undefined. */
function settledNow(outcome: Promise<InvokeOutcome> | undefined): Promise<string | undefined> {
  return Promise.race([kindOf(outcome), Promise.resolve(undefined)]);
}

describe('a session that runs many requests at once', { concurrency: false }, () => {
  const clock = new VirtualClock();
  let house: SessionHouse;
  before(async () => {
    house = await SessionHouse.open(clock);
  });
  after(() => house[Symbol.asyncDispose]());

  test('accepts answers in any order, and settles the matching invocation', async () => {
    const pair = await house.pair({ concurrency: 3 });
    const { outcomes, numbers } = await sendAll(pair, ['a', 'b', 'c']);
    for (const i of [1, 2, 0]) answer(pair, numbers[i], `result ${i}`);
    const settled = await Promise.all(outcomes);
    assert.deepEqual(
      settled.map((o) => (o.kind === 'result' ? Buffer.from(o.payload).toString() : o.kind)),
      ['result 0', 'result 1', 'result 2'],
    );
    assert.deepEqual(pair.refusals, []);
    pair.session.close();
  });

  test('refuses an answer to an invocation that cannot have started', async () => {
    const pair = await house.pair({ concurrency: 2 });
    const { outcomes, numbers } = await sendAll(pair, ['a', 'b', 'c']);
    answer(pair, numbers[2]);
    assert.equal(await kindOf(outcomes[0]), 'exit');
    assert.equal(await kindOf(outcomes[2]), 'unstarted');
    assert.equal(pair.refusals.length, 1);
  });

  test('counts the time-out of each from its own start', async () => {
    const pair = await house.pair({ concurrency: 2, timeoutMs: 300 });
    const first = await sendAll(pair, ['a', 'b']);
    await clock.advance(200);
    answer(pair, first.numbers[0]);
    assert.equal(await kindOf(first.outcomes[0]), 'result');
    const second = await sendAll(pair, ['c']);
    await clock.advance(99);
    assert.equal(await settledNow(first.outcomes[1]), undefined);
    await clock.advance(1);
    assert.equal(await kindOf(first.outcomes[1]), 'timeout');
    await clock.advance(199);
    assert.equal(await settledNow(second.outcomes[0]), undefined);
    await clock.advance(1);
    assert.equal(await kindOf(second.outcomes[0]), 'timeout');
    pair.session.close();
  });

  test('counts the time-out of an invocation with a limit of its own, shorter or longer', async () => {
    const pair = await house.pair({ concurrency: 2, timeoutMs: 200 });
    const [short, long] = [50, 400].map((limit) => invoked(pair.session, context('r'), Buffer.from('{}'), limit));
    await clock.advance(49);
    assert.equal(await settledNow(short), undefined);
    await clock.advance(1);
    assert.equal(await kindOf(short), 'timeout');
    await clock.advance(349);
    assert.equal(await settledNow(long), undefined);
    await clock.advance(1);
    assert.equal(await kindOf(long), 'timeout');
    pair.session.close();
  });

  test('counts the time-out of a waiting one from the answer of the one before it', async () => {
    const pair = await house.pair({ concurrency: 1, timeoutMs: 200 });
    const { outcomes, numbers } = await sendAll(pair, ['a', 'b']);
    await clock.advance(120);
    answer(pair, numbers[0]);
    assert.equal(await kindOf(outcomes[0]), 'result');
    await clock.advance(120);
    answer(pair, numbers[1]);
    assert.equal(await kindOf(outcomes[1]), 'result');
    pair.session.close();
  });

  test('starts a waiting one after an answer, and recalls waiting ones only while none starts', async () => {
    const pair = await house.pair({ concurrency: 2 });
    const { outcomes, numbers } = await sendAll(pair, ['a', 'b', 'c', 'd']);
    answer(pair, numbers[1]);
    assert.equal(await kindOf(outcomes[1]), 'result');
    await clock.advance(50);
    const recall = await pair.next();
    assert.deepEqual([recall.type, recall.request], [FRAME.recall, numbers[3]]);
    pair.sandbox.write(encodeFrame(FRAME.unstarted, recall.request, ''));
    assert.equal(await kindOf(outcomes[3]), 'unstarted');
    answer(pair, numbers[2]);
    answer(pair, numbers[0]);
    assert.deepEqual([await kindOf(outcomes[0]), await kindOf(outcomes[2])], ['result', 'result']);
    assert.deepEqual(pair.refusals, []);
    pair.session.close();
  });

  test('refuses UNSTARTED for a running invocation', async () => {
    const pair = await house.pair({ concurrency: 2 });
    const { outcomes, numbers } = await sendAll(pair, ['a', 'b']);
    pair.sandbox.write(encodeFrame(FRAME.unstarted, numbers[1] ?? 0, ''));
    assert.deepEqual([await kindOf(outcomes[0]), await kindOf(outcomes[1])], ['exit', 'exit']);
    assert.equal(pair.refusals.length, 1);
  });

  test('takes no more work after a time-out, recalls waiting ones, and lets running ones finish', async () => {
    const pair = await house.pair({ concurrency: 2, timeoutMs: 150 });
    const first = await sendAll(pair, ['a']);
    await clock.advance(100);
    const then = await sendAll(pair, ['b', 'c']);
    await clock.advance(50);
    assert.equal(await kindOf(first.outcomes[0]), 'timeout');
    const recall = await pair.next();
    assert.deepEqual([recall.type, recall.request], [FRAME.recall, then.numbers[1]]);
    assert.deepEqual(await invoked(pair.session, context('d'), event), { kind: 'unstarted' });
    pair.sandbox.write(encodeFrame(FRAME.unstarted, recall.request, ''));
    answer(pair, then.numbers[0]);
    assert.deepEqual([await kindOf(then.outcomes[0]), await kindOf(then.outcomes[1])], ['result', 'unstarted']);
    answer(pair, first.numbers[0]);
    assert.deepEqual(await invoked(pair.session, context('e'), event), { kind: 'unstarted' });
    assert.deepEqual(pair.refusals, []);
    pair.session.close();
  });

  test('never runs an invocation elsewhere that started after a late answer', async () => {
    const pair = await house.pair({ concurrency: 2, timeoutMs: 150 });
    const first = await sendAll(pair, ['a']);
    await clock.advance(100);
    const then = await sendAll(pair, ['b', 'c']);
    await clock.advance(50);
    assert.equal(await kindOf(first.outcomes[0]), 'timeout');
    // The bootstrap starts c as soon as this is sent; then the sandbox ends.
    answer(pair, first.numbers[0]);
    await new Promise<void>((resolve) => pair.sandbox.end(resolve));
    pair.session.exited(EXIT);
    assert.deepEqual(
      [await then.outcomes[0], await then.outcomes[1]],
      [
        { kind: 'exit', exit: EXIT },
        { kind: 'exit', exit: EXIT },
      ],
    );
  });

  test('settles running ones with the exit of the process, and waiting ones as unstarted', async () => {
    const pair = await house.pair({ concurrency: 2 });
    const { outcomes } = await sendAll(pair, ['a', 'b', 'c']);
    pair.sandbox.end();
    pair.session.exited(EXIT);
    assert.deepEqual(await Promise.all(outcomes), [
      { kind: 'exit', exit: EXIT },
      { kind: 'exit', exit: EXIT },
      { kind: 'unstarted' },
    ]);
  });

  test('answers an error that ends the process only for its own invocation', async () => {
    const pair = await house.pair({ concurrency: 2 });
    const { outcomes, numbers } = await sendAll(pair, ['a', 'b', 'c']);
    pair.sandbox.end(encodeFrame(FRAME.error, numbers[1] ?? 0, '{"errorType":"E","leaving":true}', 'doc'));
    pair.session.exited(EXIT);
    const [a, b, c] = await Promise.all(outcomes);
    assert.deepEqual(a, { kind: 'exit', exit: EXIT });
    assert.ok(b?.kind === 'error' && b.leaving === true && b.errorType === 'E');
    assert.deepEqual(c, { kind: 'unstarted' });
  });

  test('attributes each log record to its request, and raw output only while one runs', async () => {
    const pair = await house.pair({ concurrency: 2, timeoutMs: 150 });
    const first = await sendAll(pair, ['a']);
    pair.session.output('stdout', Buffer.from('raw of a\n'));
    const second = await sendAll(pair, ['b']);
    const [a = 0, b = 0] = [...first.numbers, ...second.numbers];
    pair.session.output('stdout', Buffer.from('raw of one of them\n'));
    for (const [request, text] of [
      [b, 'of b'],
      [a, 'of a'],
      [0, 'of nobody'],
      [99, 'of somebody unknown'],
    ] as const) {
      pair.sandbox.write(encodeLog(request, LOG_STDOUT, 1, text));
    }
    answer(pair, b);
    assert.equal(await kindOf(second.outcomes[0]), 'result');
    await clock.advance(150);
    assert.equal(await kindOf(first.outcomes[0]), 'timeout');
    pair.sandbox.write(encodeLog(a, LOG_STDOUT, 1, 'late'));
    answer(pair, a);
    while (pair.logs.length < 7) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      pair.logs.map(([, text, id]) => `${id}: ${text}`),
      ['a: raw of a', ': raw of one of them', 'b: of b', 'a: of a', ': of nobody', ': of somebody unknown', 'a: late'],
    );
    pair.session.close();
  });
});

describe('a start-up cache', { concurrency: false }, () => {
  const clock = new VirtualClock();
  let house: SessionHouse;
  before(async () => {
    house = await SessionHouse.open(clock);
  });
  after(() => house[Symbol.asyncDispose]());

  const bytes = (length: number): Buffer => Buffer.alloc(length, 'cache');
  /** Resolves once the session has read all frames sent so far. */
  const read = async (pair: Pair): Promise<void> => {
    const { outcomes, numbers } = await sendAll(pair, ['read']);
    answer(pair, numbers[0]);
    await outcomes[0];
  };

  test('is passed on once, with the interpreter, when all parts have arrived', async () => {
    const pair = await house.pair({ wantStartupCache: true });
    const [first, ...rest] = encodeCache(FRAME.newCache, bytes(2_500_000));
    assert.equal(rest.length, 2);
    pair.sandbox.write(first ?? assert.fail());
    await read(pair);
    assert.deepEqual(pair.caches, []);
    for (const part of rest) pair.sandbox.write(part);
    for (const part of encodeCache(FRAME.newCache, bytes(10))) pair.sandbox.write(part);
    await read(pair);
    assert.equal(pair.caches.length, 1);
    assert.equal(pair.caches[0]?.[0], 'test 1');
    assert.ok(bytes(2_500_000).equals(pair.caches[0][1]));
    assert.deepEqual(pair.refusals, []);
    pair.session.close();
  });

  test('is dropped when not requested or when its parts do not fit', async () => {
    const unasked = await house.pair({ wantStartupCache: false });
    for (const part of encodeCache(FRAME.newCache, bytes(10))) unasked.sandbox.write(part);
    const broken = await house.pair({ wantStartupCache: true });
    const meta = [String(STARTUP_CACHE_BYTES + 1), '0', '-1', '1.5', 'x', '', '5'];
    for (const text of meta) broken.sandbox.write(encodeFrame(FRAME.newCache, 0, text, '123456'));
    broken.sandbox.write(encodeFrame(FRAME.newCache, 0, '8', '1234'));
    broken.sandbox.write(encodeFrame(FRAME.newCache, 0, '9', '5678'));
    for (const pair of [unasked, broken]) {
      await read(pair);
      assert.deepEqual([pair.caches, pair.refusals], [[], []]);
    }
    // Earlier parts do not affect a complete one.
    for (const part of encodeCache(FRAME.newCache, bytes(10))) broken.sandbox.write(part);
    await read(broken);
    assert.deepEqual(broken.caches, [['test 1', bytes(10)]]);
    unasked.session.close();
    broken.session.close();
  });

  test('is sent to the sandbox before init, in parts', async () => {
    const pair = await house.pair({}, bytes(1_500_000));
    const frames = [await pair.next(), await pair.next(), await pair.next()];
    assert.deepEqual(
      frames.map(({ type, meta }) => [type, type === FRAME.init ? '' : meta]),
      [
        [FRAME.cache, '1500000'],
        [FRAME.cache, '1500000'],
        [FRAME.init, ''],
      ],
    );
    assert.ok(Buffer.concat(frames.slice(0, 2).map(({ body }) => body)).equals(bytes(1_500_000)));
    pair.session.close();
  });

  test('over its limit is not sent', async () => {
    const pair = await house.pair({}, Buffer.alloc(STARTUP_CACHE_BYTES + 1));
    assert.equal((await pair.next()).type, FRAME.init);
    pair.session.close();
  });
});
