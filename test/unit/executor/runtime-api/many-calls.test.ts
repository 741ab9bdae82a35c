import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { InvokeOutcome } from '../../../../src/executor/session.ts';
import { gatheringHooks, invoked } from '../../../support/invoked.ts';
import { context, INIT, Rig, type Answer } from './rig.ts';

const idOf = (delivered: Answer): string => String(delivered.headers['lambda-runtime-aws-request-id']);
const textOf = (outcome: InvokeOutcome): string =>
  'payload' in outcome ? Buffer.from(outcome.payload).toString() : outcome.kind;

/** A rig of a runtime that has `polls` requests for `next` open and may run `concurrency` at once. */
async function polling(
  concurrency: number,
  polls: number,
  timeoutMs = 3000,
): Promise<{ rig: Rig; open: Promise<Answer>[] }> {
  const rig = await Rig.open();
  const open = Array.from({ length: polls }, () => rig.next());
  // Unanswered ones end with the rig.
  for (const each of open) each.catch(() => undefined);
  const ready = await rig.api.session.init({ ...INIT, concurrency, timeoutMs }, 2000);
  assert.equal(ready.kind, 'ready');
  return { rig, open };
}

describe('a runtime that runs several invocations at once', () => {
  test('receives one for each open next, and answers them in any order', async () => {
    const { rig, open } = await polling(3, 3);
    using _ = rig;
    const contexts = ['a', 'b', 'c'].map(() => context());
    const outcomes = contexts.map((c, i) => invoked(rig.api.session, c, Buffer.from(`${i}`)));
    const delivered = await Promise.all(open);
    assert.deepEqual(delivered.map(idOf).toSorted(), contexts.map((c) => c.requestId).toSorted());
    for (const each of delivered.toReversed()) {
      const answered = await rig.post(idOf(each), 'response', { body: `result of ${each.body}` });
      assert.equal(answered.status, 202);
    }
    assert.deepEqual((await Promise.all(outcomes)).map(textOf), ['result of 0', 'result of 1', 'result of 2']);
  });

  test('starts an invocation when its event is delivered to a next, and not before', async () => {
    const { rig, open } = await polling(2, 1);
    using _ = rig;
    const told: string[] = [];
    const start = (name: string): Promise<InvokeOutcome> =>
      new Promise((resolve) =>
        rig.api.session.start(context(), Buffer.from(name), {
          ...gatheringHooks(resolve),
          started: () => void told.push(name),
        }),
      );
    const outcomes = [start('a'), start('b')];
    await open[0];
    assert.deepEqual(told, ['a']);
    rig.api.session.exited({ code: 1, signal: null, outOfMemory: false });
    assert.deepEqual((await Promise.all(outcomes)).map(textOf), ['exit', 'unstarted']);
    assert.deepEqual(told, ['a']);
  });

  test('may poll again while others run, and report an error of one of them', async () => {
    const { rig, open } = await polling(2, 2);
    using _ = rig;
    const [a, b, c] = [context(), context(), context()];
    const first = invoked(rig.api.session, a, Buffer.from('a'));
    const second = invoked(rig.api.session, b, Buffer.from('b'));
    await Promise.all(open);
    assert.equal((await rig.post(b.requestId, 'error', { body: '{"errorType":"E"}' })).status, 202);
    assert.equal((await second).kind, 'error');
    const next = rig.next();
    const third = invoked(rig.api.session, c, Buffer.from('c'));
    assert.equal((await next).body, 'c');
    assert.equal((await rig.post(c.requestId, 'response', { body: 'c' })).status, 202);
    assert.equal((await rig.post(a.requestId, 'response', { body: 'a' })).status, 202);
    assert.deepEqual([textOf(await first), textOf(await third)], ['a', 'c']);
  });

  test('is refused a second answer to a request, and an answer to an unknown one', async () => {
    const { rig, open } = await polling(2, 2);
    using _ = rig;
    const a = context();
    const outcome = invoked(rig.api.session, a, Buffer.from('a'));
    await open[0];
    assert.equal((await rig.post(a.requestId, 'response', { body: '1' })).status, 202);
    assert.equal(textOf(await outcome), '1');
    for (const id of [a.requestId, 'unknown']) {
      const refused = await rig.post(id, 'response', { body: '2' });
      assert.deepEqual([refused.status, JSON.parse(refused.body).errorType], [400, 'InvalidRequestID']);
    }
  });

  test('that polls for one at a time gets one at a time', async () => {
    const { rig, open } = await polling(2, 1);
    using _ = rig;
    const [a, b] = [context(), context()];
    const first = invoked(rig.api.session, a, Buffer.from('a'));
    const second = invoked(rig.api.session, b, Buffer.from('b'));
    assert.equal((await open[0])?.body, 'a');
    await rig.post(a.requestId, 'response', { body: 'a' });
    assert.equal((await rig.next()).body, 'b');
    await rig.post(b.requestId, 'response', { body: 'b' });
    assert.deepEqual([textOf(await first), textOf(await second)], ['a', 'b']);
  });

  test('keeps at most as many open next requests as it may run, including those before init', async () => {
    using rig = await Rig.open();
    const open = Array.from({ length: 3 }, () => rig.next());
    // Requests are read in the order in which they arrive.
    assert.equal((await rig.send('GET', '/2018-06-01/ping')).body, 'pong');
    await rig.api.session.init({ ...INIT, concurrency: 2 }, 2000);
    const outcomes = [
      invoked(rig.api.session, context(), Buffer.from('a')),
      invoked(rig.api.session, context(), Buffer.from('b')),
    ];
    assert.deepEqual((await Promise.all(open)).map(({ status }) => String(status)).toSorted(), ['200', '200', '403']);
    rig.api.close();
    assert.deepEqual(
      (await Promise.all(outcomes)).map(({ kind }) => kind),
      ['exit', 'exit'],
    );
  });

  test('times out one alone, and gets no further invocations', async () => {
    // A busy machine may be a second late on either side.
    const { rig, open } = await polling(2, 2, 2000);
    using _ = rig;
    const [a, b] = [context(), context()];
    const late = invoked(rig.api.session, a, Buffer.from('a'));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const other = invoked(rig.api.session, b, Buffer.from('b'));
    await Promise.all(open);
    assert.deepEqual(await late, { kind: 'timeout' });
    assert.deepEqual(await invoked(rig.api.session, context(), Buffer.from('c')), { kind: 'unstarted' });
    assert.equal((await rig.post(b.requestId, 'response', { body: 'b' })).status, 202);
    assert.equal(textOf(await other), 'b');
    assert.equal((await rig.post(a.requestId, 'response', { body: 'late' })).status, 202);
  });

  test('times out one alone, and undelivered ones run elsewhere', async () => {
    const { rig, open } = await polling(2, 1, 200);
    using _ = rig;
    const late = invoked(rig.api.session, context(), Buffer.from('a'));
    await open[0];
    await new Promise((resolve) => setTimeout(resolve, 100));
    const waiting = invoked(rig.api.session, context(), Buffer.from('b'));
    assert.deepEqual(await Promise.all([late, waiting]), [{ kind: 'timeout' }, { kind: 'unstarted' }]);
  });

  test('that ends settles delivered invocations as exit and the others as unstarted', async () => {
    const { rig, open } = await polling(2, 1);
    using _ = rig;
    const exit = { code: 3, signal: null, outOfMemory: false };
    const outcomes = [
      invoked(rig.api.session, context(), Buffer.from('a')),
      invoked(rig.api.session, context(), Buffer.from('b')),
    ];
    await open[0];
    rig.api.session.exited(exit);
    assert.deepEqual(await Promise.all(outcomes), [{ kind: 'exit', exit }, { kind: 'unstarted' }]);
  });

  test('has its output attributed to the running invocation, and to none while several run', async () => {
    const { rig, open } = await polling(2, 2);
    using _ = rig;
    const [a, b] = [context(), context()];
    const print = (line: string): void => rig.api.session.output('stdout', Buffer.from(`${line}\n`));
    print('of nobody');
    const outcomes = [invoked(rig.api.session, a, Buffer.from('a'))];
    await open[0];
    print('of a');
    outcomes.push(invoked(rig.api.session, b, Buffer.from('b')));
    await open[1];
    print('of either');
    await rig.post(a.requestId, 'response', { body: 'a' });
    print('of b');
    await rig.post(b.requestId, 'response', { body: 'b' });
    await Promise.all(outcomes);
    print('after');
    assert.deepEqual(
      rig.logs.map(({ text, requestId }) => [text, requestId]),
      [
        ['of nobody', ''],
        ['of a', a.requestId],
        ['of either', ''],
        ['of b', b.requestId],
        ['after', b.requestId],
      ],
    );
  });
});
