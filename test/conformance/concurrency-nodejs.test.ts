import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { InvokeOutcome } from '../../src/executor/index.ts';
import { BootstrapHouse, type BootedProcess } from './bootstrap-house.ts';

/** Does what `event.what` names. `gate` opens for all that wait at it once `event.count` of them do. */
const HANDLER = `
const { setTimeout: pause } = require('node:timers/promises');
let waiting = [];
let running = 0;
let most = 0;
const gate = (count) => new Promise((resolve) => {
  waiting.push(resolve);
  if (waiting.length === count) { for (const open of waiting) open(); waiting = []; }
});
const actions = {
  echo: (event) => event.value,
  gate: async (event, context) => {
    most = Math.max(most, ++running);
    console.log('before ' + event.name);
    await gate(event.count);
    process.stdout.write('unended ' + event.name);
    await pause(event.ms ?? 1);
    console.error('after ' + event.name, context.awsRequestId);
    running--;
    return { name: event.name, most };
  },
  sleep: (event) => pause(event.ms, 'slept'),
  lingers: async (event) => { setTimeout(() => console.log('lingering'), event.ms); return 'gone'; },
  throws: async (event) => { await pause(event.ms); throw new RangeError('thrown by ' + event.name); },
  crash: async (event) => { setTimeout(() => { throw new Error('stray of ' + event.name); }, event.ms); return pause(60_000); },
  reject: async (event) => { setTimeout(() => Promise.reject(new Error('loose of ' + event.name)), event.ms); return pause(60_000); },
  exit: async (event) => { await pause(event.ms); process.exit(event.code); },
  trace: async (_event, context) => {
    await pause(2);
    const { InvokeStore } = globalThis.awslambda ?? {};
    return [process.env._X_AMZN_TRACE_ID ?? null, context.xRayTraceId, InvokeStore?.getXRayTraceId() ?? null, InvokeStore?.getRequestId() ?? null];
  },
  store: async (event) => {
    const { InvokeStore } = globalThis.awslambda;
    InvokeStore.set('mine', event.name);
    await gate(2);
    let refused = false;
    try { InvokeStore.set(Symbol.for('_AWS_LAMBDA_REQUEST_ID'), 'x'); } catch { refused = true; }
    return [InvokeStore.get('mine'), InvokeStore.hasContext(), refused, InvokeStore.run({ mine: 'inner' }, () => InvokeStore.get('mine'))];
  },
};
console.log('loaded');
exports.handler = async (event, context) => actions[event.what](event, context);
exports.called = (event, context, callback) => { setTimeout(() => callback(null, event.name), event.ms); };
exports.done = (event, context) => { setTimeout(() => context.done(null, event.name), event.ms); };
exports.silent = (event, context, callback) => { if (event.ms) setTimeout(() => undefined, event.ms); if (event.answer) setTimeout(() => callback(null, event.answer), event.answerMs); };
exports.mixed = (event, context, callback) => event.promise ? pause(event.ms, 'kept its promise') : undefined;
`;

const payloadOf = (outcome: InvokeOutcome | undefined): Record<string, unknown> => {
  assert.ok(outcome !== undefined && 'payload' in outcome, JSON.stringify(outcome));
  return JSON.parse(Buffer.from(outcome.payload).toString()) as Record<string, unknown>;
};

describe('many requests at once in one Node sandbox', { concurrency: false }, () => {
  let house: BootstrapHouse;
  before(async () => {
    house = await BootstrapHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const boot = (
    concurrency: number,
    over: Partial<{ handler: string; timeoutMs: number; environment: Record<string, string> }> = {},
  ) => house.boot('nodejs', { files: { 'index.js': HANDLER }, concurrency, ...over });
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i}`);
  const ended = (booted: BootedProcess) => new Promise((resolve) => booted.process.once('exit', resolve));

  test('runs as many at once as its limit allows', async () => {
    await using booted = await boot(4);
    const answers = await Promise.all(names(4).map((name) => booted.json({ what: 'gate', count: 4, name }, name)));
    assert.deepEqual(
      answers,
      names(4).map((name) => ({ name, most: 4 })),
    );
    const six = await Promise.all(names(6).map((name) => booted.json({ what: 'gate', count: 1, name }, name)));
    assert.deepEqual(new Set(six.map((answer) => (answer as { most: number }).most)), new Set([4]));
  });

  test('runs one after the other with a limit of one', async () => {
    await using booted = await boot(1);
    const answers = await Promise.all(names(3).map((name) => booted.json({ what: 'gate', count: 1, name }, name)));
    assert.deepEqual(
      answers.map((answer) => (answer as { most: number }).most),
      [1, 1, 1],
    );
  });

  test('attributes output to its request, unfinished lines too', async () => {
    await using booted = await boot(8);
    await Promise.all(names(8).map((name, i) => booted.json({ what: 'gate', count: 8, name, ms: 8 - i }, name)));
    for (const name of names(8))
      assert.deepEqual(booted.of(name), [`before ${name}`, `after ${name} ${name}`, `unended ${name}`]);
    assert.deepEqual(booted.of(''), ['loaded']);
    assert.equal(booted.logs.length, 25);
  });

  test('attributes output after an answer to no request', async () => {
    await using booted = await boot(2);
    await Promise.all([booted.json({ what: 'lingers', ms: 10 }, 'a'), booted.json({ what: 'sleep', ms: 40 }, 'b')]);
    assert.deepEqual(booted.logs, [
      ['', 'loaded'],
      ['', 'lingering'],
    ]);
  });

  test('answers an error for the request that threw, and continues the others', async () => {
    await using booted = await boot(3);
    const [a, b, c] = await Promise.all([
      booted.invoke({ what: 'sleep', ms: 30 }, 'a'),
      booted.invoke({ what: 'throws', ms: 5, name: 'b' }, 'b'),
      booted.invoke({ what: 'sleep', ms: 10 }, 'c'),
    ]);
    assert.deepEqual([a.kind, b.kind, c.kind], ['result', 'error', 'result']);
    assert.equal(payloadOf(b)['errorMessage'], 'thrown by b');
    assert.match(booted.of('b').join(), /^Invoke Error\tRangeError: thrown by b/);
  });

  for (const [what, message] of [
    ['crash', 'stray of b'],
    ['reject', 'Error: loose of b'],
  ] as const) {
    test(`reports an uncaught error (${what}) for its request, and ends the others with the process`, async () => {
      await using booted = await boot(3);
      const [a, b, c, d] = await Promise.all([
        booted.invoke({ what: 'sleep', ms: 5000 }, 'a'),
        booted.invoke({ what, ms: 30, name: 'b' }, 'b'),
        booted.invoke({ what: 'sleep', ms: 5000 }, 'c'),
        booted.invoke({ what: 'echo', value: 1 }, 'd'),
      ]);
      assert.ok(b.kind === 'error' && b.leaving === true, JSON.stringify(b));
      assert.equal(payloadOf(b)['errorMessage'], message);
      assert.deepEqual([a.kind, c.kind, d.kind], ['exit', 'exit', 'unstarted']);
      assert.equal(booted.of('b').length, 1);
    });
  }

  test('ends all running requests when one of them ends the process', async () => {
    await using booted = await boot(2);
    const exit = ended(booted);
    const outcomes = await Promise.all([
      booted.invoke({ what: 'sleep', ms: 5000 }),
      booted.invoke({ what: 'exit', ms: 5, code: 3 }),
    ]);
    const status = { code: 3, signal: null, outOfMemory: false };
    assert.deepEqual(outcomes, [
      { kind: 'exit', exit: status },
      { kind: 'exit', exit: status },
    ]);
    assert.equal(await exit, 3);
  });

  test('times out one request: the others finish, and the sandbox accepts no more', async () => {
    await using booted = await boot(3, { timeoutMs: 1500 });
    const late = booted.invoke({ what: 'sleep', ms: 4000 }, 'late');
    await new Promise((resolve) => setTimeout(resolve, 800));
    // Ends after the time-out of the other, and long before its own.
    const quick = booted.invoke({ what: 'sleep', ms: 900 }, 'quick');
    assert.deepEqual(await late, { kind: 'timeout' });
    assert.deepEqual(await booted.invoke({ what: 'echo', value: 1 }), { kind: 'unstarted' });
    assert.equal((await quick).kind, 'result');
  });

  test('returns queued requests behind long ones', async () => {
    await using booted = await boot(2);
    const running = ['a', 'b'].map((name) => booted.invoke({ what: 'sleep', ms: 2000 }, name));
    const began = performance.now();
    assert.deepEqual(await booted.invoke({ what: 'echo', value: 1 }, 'c'), { kind: 'unstarted' });
    assert.ok(performance.now() - began < 1500);
    assert.deepEqual(
      (await Promise.all(running)).map(({ kind }) => kind),
      ['result', 'result'],
    );
  });

  test('provides the trace id in the context and the invoke store, as AWS does, not in the environment', async () => {
    await using booted = await boot(4);
    const answers = await Promise.all(names(4).map((name) => booted.json({ what: 'trace' }, name)));
    assert.deepEqual(
      answers,
      names(4).map((name) => [null, `trace of ${name}`, `trace of ${name}`, name]),
    );
    await using single = await boot(1);
    assert.deepEqual(await single.json({ what: 'trace' }, 'a'), ['trace of a', 'trace of a', null, null]);
    await using without = await boot(2, { environment: { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: '1' } });
    assert.deepEqual(await without.json({ what: 'trace' }, 'a'), [null, 'trace of a', null, null]);
  });

  test('keeps values of the invoke store separate', async () => {
    await using booted = await boot(2);
    const answers = await Promise.all(['a', 'b'].map((name) => booted.json({ what: 'store', name }, name)));
    assert.deepEqual(answers, [
      ['a', true, true, 'inner'],
      ['b', true, true, 'inner'],
    ]);
  });

  for (const handler of ['index.called', 'index.done']) {
    test(`accepts answers of ${handler} in any order`, async () => {
      await using booted = await boot(3, { handler });
      const answers = await Promise.all(names(3).map((name, i) => booted.json({ name, ms: 30 - i * 10 }, name)));
      assert.deepEqual(answers, names(3));
    });
  }

  test('answers null for handlers without an answer once nothing is left that could answer', async () => {
    await using booted = await boot(3, { handler: 'index.silent' });
    const order: string[] = [];
    const answers = await Promise.all([
      booted.json({}, 'a').finally(() => order.push('a')),
      booted.json({ answer: 'b', answerMs: 60 }, 'b').finally(() => order.push('b')),
      booted.json({ ms: 20 }, 'c').finally(() => order.push('c')),
    ]);
    assert.deepEqual(answers, [null, 'b', null]);
    assert.equal(order[0], 'b', 'nobody can tell before whose timer it is');
    assert.equal(await booted.json({}), null);
  });

  test('waits while another request has a pending promise', async () => {
    await using booted = await boot(2, { handler: 'index.mixed' });
    const order: string[] = [];
    const answers = await Promise.all([
      booted.json({}, 'a').finally(() => order.push('a')),
      booted.json({ promise: true, ms: 50 }, 'b').finally(() => order.push('b')),
    ]);
    assert.deepEqual(answers, [null, 'kept its promise']);
    assert.deepEqual(order, ['b', 'a']);
  });
});
