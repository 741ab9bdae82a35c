import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lamError } from '../../../src/errors/index.ts';
import type { InvokeOutcome } from '../../../src/executor/session.ts';
import type { InvokeRequest } from '../../../src/router/index.ts';
import { answerOf } from '../../support/answer-of.ts';
import { recordsOf } from '../../support/log-house.ts';
import { revision } from '../../support/revisions.ts';
import { routerHouse } from '../../support/router-house.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';
import { asRequestId, asFunctionName } from '../../support/ids.ts';

const REQUEST: InvokeRequest = { name: asFunctionName('hello'), qualifier: undefined, event: Buffer.from('{}') };

describe('the router', () => {
  test('answers with version, cold or warm start, and the given request id', async () => {
    await using made = await routerHouse({});
    const requestId = '4ff16ba7-5fe5-4a0c-8a6b-2ee6f1f0a3c4';
    const first = await answerOf(made.router, { ...REQUEST, requestId: asRequestId(requestId) });
    assert.deepEqual(
      [first.version, first.status, first.start, first.requestId, first.tail],
      [3, 'success', 'cold', requestId, undefined],
    );
    const second = await answerOf(made.router, REQUEST);
    assert.equal(second.start, 'warm');
    assert.notEqual(second.requestId, requestId);
  });

  test('logs what AWS Lambda logs, with the init duration on the first run only', async () => {
    await using made = await routerHouse({ init: () => ({ ms: 3 }) });
    const ids = [(await answerOf(made.router, REQUEST)).requestId, (await answerOf(made.router, REQUEST)).requestId];
    for (const [i, id] of ids.entries()) {
      const records = await recordsOf(made.logs.logs, 'hello', { requestId: id });
      assert.deepEqual(
        records.map((r) => r.platform?.type),
        ['start', 'report'],
      );
      const report = records[1]?.platform;
      assert.ok(report?.type === 'report');
      assert.deepEqual(
        [report.status, report.initMs, report.start, report.maxMemoryMiB],
        ['success', i === 0 ? 3 : undefined, i === 0 ? 'cold' : 'warm', 8],
      );
    }
  });

  test('answers all requests that waited for a failed init, each with its own id, and logs the reason', async () => {
    const payload = Buffer.from('{"errorType":"Runtime.ImportModuleError","errorMessage":"no"}');
    await using made = await routerHouse({
      init: () => ({ ms: 5, outcome: { kind: 'error', payload, errorType: 'Runtime.ImportModuleError' } }),
    });
    const answers = await Promise.all([
      answerOf(made.router, { ...REQUEST, wantTail: true }),
      answerOf(made.router, REQUEST),
    ]);
    for (const answer of answers)
      assert.deepEqual(
        [answer.status, answer.errorType, answer.payload],
        ['error', 'Runtime.ImportModuleError', payload],
      );
    assert.equal(new Set(answers.map((a) => a.requestId)).size, 2);
    assert.match(
      answers[0].tail ?? '',
      /INIT_REPORT .*ImportModuleError[^]*"no"[^]*Max Memory Used: 8 MB[^]*Status: error/,
    );
    while (made.driver.alive.size > 0) await new Promise(setImmediate);
  });

  test('logs the document of a failed init on one line, so that it forges no record', async () => {
    const payload = Buffer.from('no\nREPORT RequestId: forged');
    await using made = await routerHouse({
      init: () => ({ ms: 5, outcome: { kind: 'error', payload, errorType: 'Runtime.Unknown' } }),
    });
    const { tail } = await answerOf(made.router, { ...REQUEST, wantTail: true });
    assert.match(tail ?? '', /^no\\u000aREPORT RequestId: forged$/m);
    assert.doesNotMatch(tail ?? '', /^REPORT RequestId: forged/m);
  });

  test('ends the sandbox of an invocation that timed out', async () => {
    let runs = 0;
    await using made = await routerHouse({
      invoke: (call) =>
        ++runs === 1 ? new Promise(() => undefined) : Promise.resolve({ kind: 'result', payload: call.event }),
    });
    made.resolve = () => quickly;
    const quickly = revision('hello', 3, { timeoutMs: 10 });
    assert.equal((await answerOf(made.router, REQUEST)).status, 'timeout');
    assert.deepEqual(made.pool.counts(), { starting: 0, idle: 0, busy: 0 });
    assert.equal((await answerOf(made.router, REQUEST)).start, 'cold');
    assert.equal(made.pool.counts().idle, 1);
  });

  test('gives an invocation the time limit that it asks for, within the bounds of functions', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const outcomes: InvokeOutcome[] = [{ kind: 'result', payload: Buffer.from('{}') }, { kind: 'timeout' }];
    await using made = await routerHouse(
      {
        invoke({ context, limitMs }) {
          seen.push([context.deadlineMs - clock.now(), limitMs, context.verbatim]);
          return Promise.resolve(outcomes.shift() ?? assert.fail());
        },
      },
      clock,
    );
    await answerOf(made.router, { ...REQUEST, timeoutMs: 700_000, verbatim: true });
    const late = await answerOf(made.router, { ...REQUEST, timeoutMs: 1500 });
    assert.match(Buffer.from(late.payload).toString(), /Task timed out after 1\.50 seconds/);
    assert.deepEqual(seen, [
      [700_000, 700_000, true],
      [1500, 1500, undefined],
    ]);
    for (const timeoutMs of [0, -1, 0.5, 900_001, Number.NaN, Infinity])
      await assert.rejects(answerOf(made.router, { ...REQUEST, timeoutMs }), { code: 'LAM_ROUTER_TIME_LIMIT' });
    assert.equal(made.pool.counts().busy, 0);
  });

  test('answers before the extensions of a sandbox have finished, and takes it again after that', async () => {
    for (const isFree of [true, false]) {
      const { promise: settling, resolve: finish } = Promise.withResolvers<boolean>();
      await using made = await routerHouse({
        invoke: (call) => {
          Object.assign(call.sandbox.session, { settling });
          return Promise.resolve({ kind: 'result', payload: call.event });
        },
      });
      assert.equal((await answerOf(made.router, REQUEST)).status, 'success');
      assert.deepEqual(made.pool.counts(), { starting: 0, idle: 0, busy: 1 });
      finish(isFree);
      await settled();
      assert.deepEqual(made.pool.counts(), { starting: 0, idle: isFree ? 1 : 0, busy: 0 });
    }
  });

  test('releases and ends the sandbox when its session throws', async () => {
    await using made = await routerHouse({
      invoke: () => {
        throw lamError('LAM_INTERNAL', { what: 'a bug' });
      },
    });
    await assert.rejects(answerOf(made.router, REQUEST), { code: 'LAM_INTERNAL' });
    assert.deepEqual(made.pool.counts(), { starting: 0, idle: 0, busy: 0 });
  });

  test('runs an unstarted invocation elsewhere and logs START once', async () => {
    let runs = 0;
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    await using made = await routerHouse({
      invoke: async (call) => {
        // The first is quick, so that the third is sent ahead behind the second, which is not.
        if (++runs === 2) await gate;
        return { kind: 'result', payload: call.event };
      },
    });
    await answerOf(made.router, REQUEST);
    const slow = answerOf(made.router, REQUEST);
    const ahead = await answerOf(made.router, REQUEST);
    assert.equal(ahead.status, 'success');
    const records = await recordsOf(made.logs.logs, 'hello', { requestId: ahead.requestId });
    assert.deepEqual(
      records.map((r) => r.platform?.type),
      ['start', 'report'],
    );
    assert.equal(made.driver.created.length, 2);
    open();
    assert.equal((await slow).status, 'success');
  });

  test('runs what an ended sandbox returns unstarted in another one, and does not use the first again', async () => {
    const began: string[] = [];
    await using made = await routerHouse({
      invoke: (call) => {
        began.push(call.sandbox.id);
        const isFirst = made.driver.created.length === 1 && began.length === 2;
        return Promise.resolve(
          isFirst ? { kind: 'unstarted', hasEnded: true } : { kind: 'result', payload: call.event },
        );
      },
    });
    await answerOf(made.router, REQUEST);
    const again = await answerOf(made.router, REQUEST);
    assert.deepEqual([again.status, again.start], ['success', 'cold']);
    const [first, second, third] = began;
    assert.equal(second, first);
    assert.notEqual(third, first);
    assert.equal(began.length, 3);
    await settled();
    assert.deepEqual(made.pool.counts(), { starting: 0, idle: 1, busy: 0 });
  });

  test('does not run an invocation that is cancelled in the queue or while it is sent ahead', async () => {
    let runs = 0;
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const clock = new VirtualClock();
    await using made = await routerHouse(
      {
        invoke: async (call) => {
          if (++runs === 2) await gate;
          return { kind: 'result', payload: call.event };
        },
      },
      clock,
    );
    const single = revision('hello', 3, { maxConcurrency: 1, maxQueue: 1 });
    made.resolve = () => single;
    // The first is quick, so that the third is sent ahead behind the second, and recalled because that is not.
    await answerOf(made.router, REQUEST);
    const slow = answerOf(made.router, REQUEST);
    const codes: string[] = [];
    const start = (): { cancel(): void } =>
      made.router.start(REQUEST, { answered: () => codes.push('answered'), failed: (error) => codes.push(error.code) });
    const [ahead, queued] = [start(), start()];
    await settled();
    queued.cancel();
    assert.deepEqual(codes, ['LAM_POOL_CANCELLED']);
    ahead.cancel();
    assert.deepEqual(codes, ['LAM_POOL_CANCELLED'], 'it may run already, for all that is known');
    await clock.advance(50);
    assert.deepEqual(codes, ['LAM_POOL_CANCELLED', 'LAM_POOL_CANCELLED']);
    open();
    await slow;
    assert.equal((await answerOf(made.router, REQUEST)).status, 'success');
    assert.equal(runs, 3);
  });

  test('applies back-pressure to a sandbox that prints faster than logs are written, and loses nothing', async () => {
    const line = 'x'.repeat(64 * 1024);
    const count = 400;
    let paused = 0;
    await using made = await routerHouse({
      invoke: (call) => {
        for (let i = 0; i < count; i++) {
          call.print('stdout', `${i} ${line}`);
          if (call.sandbox.paused) paused++;
        }
        return Promise.resolve({ kind: 'result', payload: call.event });
      },
    });
    const { requestId } = await answerOf(made.router, REQUEST);
    assert.ok(paused > 0, 'it was held back');
    const [sandbox] = made.driver.alive.values();
    while (sandbox?.paused === true) await new Promise(setImmediate);
    const printed = (await recordsOf(made.logs.logs, 'hello', { requestId })).filter((r) => r.stream === 'stdout');
    assert.deepEqual(
      printed.map((r) => Number.parseInt(r.text)),
      Array.from({ length: count }, (_, i) => i),
    );
    assert.deepEqual(made.logs.troubles, []);
  });
});
