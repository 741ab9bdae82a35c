import assert from 'node:assert/strict';
import { test } from 'node:test';

import { errorOf, eventually, NATIVE, type Boot } from './driver-rig.ts';
import { asRequestId } from '../support/ids.ts';

/** By handler: its result for the event `{"a":1}`. */
const ANSWERS = [
  ['forms.callback', { a: 1 }],
  ['forms.succeed', { a: 1 }],
  ['forms.done', { a: 1 }],
  ['forms.now', { a: 1 }],
  ['forms.nothing', null],
  ['forms.silent', null],
  ['forms.never', null],
  ['forms.deep.er.handler', { a: 1 }],
  ['module.handler', 'module'],
  ['unmarked.handler', 'unmarked'],
  ['common.handler', 'common'],
  ['typed.handler', 'typed'],
  ['scope/app.handler', 'scope'],
] as const;

/** By handler: the type and the message of its error. */
const FAILURES = [
  ['forms.callbackFails', 'RangeError', 'called back'],
  ['forms.fail', 'string', 'text'],
  ['forms.throwsText', 'string', 'text'],
  ['forms.throwsNothing', 'string', 'handled'],
] as const;

/** The forms that a handler and its file may have. */
export function formsOfHandlers(boot: Boot): void {
  if (NATIVE.includes('ruby')) formsOfRuby(boot);
  test('nodejs: accepts answers in every form of handler, twice', async () => {
    for (const [handler, answer] of ANSWERS) {
      await using booted = await boot('nodejs', { handler });
      assert.equal(booted.init.kind, 'ready', `${handler} ${JSON.stringify(booted.logs)}`);
      for (let i = 0; i < 2; i += 1) assert.deepEqual(await booted.json({ a: 1 }), answer, handler);
    }
  });

  test('nodejs: accepts failures in every form of handler', async () => {
    for (const [handler, type, message] of FAILURES) {
      await using booted = await boot('nodejs', { handler });
      const { errorType, errorMessage } = errorOf(await booted.invoke({}));
      assert.deepEqual([errorType, errorMessage], [type, message], handler);
    }
  });

  test('nodejs: keeps nothing of invocations that were answered by callback', async () => {
    await using booted = await boot('nodejs', { handler: 'forms.listeners' });
    const first = await booted.json({});
    for (let i = 0; i < 12; i += 1) assert.equal(await booted.json({}), first);
    assert.deepEqual(booted.logs, []);
  });

  test('nodejs: adds non-enumerable json() and text() to events of HTTP requests', async () => {
    await using booted = await boot('nodejs', { handler: 'forms.reads' });
    const body = '{"ä":1}';
    const plain = { body, isBase64Encoded: false };
    assert.deepEqual(await booted.json(plain, { http: true }), [{ ä: 1 }, body, Object.keys(plain)]);
    const encoded = { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
    assert.deepEqual(await booted.json(encoded, { http: true }), [{ ä: 1 }, body, Object.keys(encoded)]);
    assert.equal(errorOf(await booted.invoke(plain))['errorType'], 'TypeError');
  });

  test('python3: awaits coroutines, on one loop for the life of the sandbox', async () => {
    await using booted = await boot('python3', { handler: 'package/forms.waits' });
    assert.equal(await booted.text({}), await booted.text({}));
    await using failing = await boot('python3', { handler: 'package.forms.fails' });
    assert.equal(errorOf(await failing.invoke({}))['errorType'], 'LookupError');
  });

  test('python3: serializes decimals, passes bytes through, and escapes lone surrogates', async () => {
    await using numbers = await boot('python3', { handler: 'package.forms.numbers' });
    assert.deepEqual(await numbers.json({}), [1.5, 3]);
    await using octets = await boot('python3', { handler: 'package.forms.octets' });
    const outcome = await octets.invoke({});
    assert.ok(outcome.kind === 'result' && Buffer.from(outcome.payload).equals(Buffer.from([0, 255])));
    await using surrogate = await boot('python3', { handler: 'package.forms.surrogate' });
    assert.equal(await surrogate.text({}), String.raw`"\ud800"`);
  });

  test('python3: writes what goes through logging as AWS does', async () => {
    await using booted = await boot('python3', { handler: 'package.forms.logs' });
    const requestId = crypto.randomUUID();
    await booted.json({}, { requestId: asRequestId(requestId) });
    assert.equal(booted.logs.length, 1);
    assert.match(
      booted.logs[0]?.text ?? '',
      new RegExp(`^\\[INFO\\]\\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\\t${requestId}\\tof logging$`),
    );
    assert.equal(booted.logs[0]?.requestId, requestId);
  });
}

function formsOfRuby(boot: Boot): void {
  test('ruby: calls methods of classes, and passes the content of an IO through', async () => {
    await using greeter = await boot('ruby', { handler: 'forms.Forms::Greeter.greet' });
    assert.deepEqual(await greeter.json({ a: 1 }), ['greeted', { a: 1 }]);
    await using octets = await boot('ruby', { handler: 'forms.Octets.answer' });
    const outcome = await octets.invoke({});
    assert.ok(outcome.kind === 'result' && Buffer.from(outcome.payload).equals(Buffer.from([0, 255])));
  });

  test('ruby: delivers what is printed in any way, of a fork too, and replaces what is not UTF-8', async () => {
    await using booted = await boot('ruby', { handler: 'forms.everywhere' });
    await booted.json({});
    // It writes to the pipe of the sandbox, which with Docker is read at the engine's pace.
    await eventually(() => booted.logs.some(({ text }) => text === 'of a fork'), 10_000);
    const fork = booted.logs.findIndex(({ text }) => text === 'of a fork');
    assert.ok(fork !== -1, JSON.stringify(booted.logs));
    assert.deepEqual(
      booted.logs.toSpliced(fork, 1).map(({ stream, text }) => [stream, text]),
      [
        ['stdout', 'constant'],
        ['stdout', 'pieces of a line'],
        ['stdout', '3'],
        ['stdout', '[1]'],
        ['stdout', 'c'],
        ['stderr', 'invalid \ufffd'],
      ],
    );
  });

  test('ruby: writes what goes through a logger as AWS does', async () => {
    await using booted = await boot('ruby', { handler: 'forms.logs' });
    const requestId = crypto.randomUUID();
    await booted.json({}, { requestId: asRequestId(requestId) });
    assert.match(
      booted.logs[0]?.text ?? '',
      new RegExp(`^I, \\[[-0-9T:.]+ #\\d+\\]  INFO ${requestId} -- : of a logger$`),
    );
    assert.equal(booted.logs[0]?.requestId, requestId);
  });

  test('ruby: goes on after an error of the code, and ends after an exception that is none', async () => {
    await using booted = await boot('ruby', { handler: 'forms.undefined' });
    for (let i = 0; i < 2; i += 1) assert.equal(errorOf(await booted.invoke({}))['errorType'], 'Function<NameError>');
    await using critical = await boot('ruby', { handler: 'forms.critical' });
    const outcome = await critical.invoke({});
    assert.equal(errorOf(outcome)['errorType'], 'Function<Exception>');
    assert.ok(outcome.kind === 'error' && outcome.leaving === true);
    assert.deepEqual(await critical.sandbox.exited, { code: 255, signal: null, outOfMemory: false });
  });
}
