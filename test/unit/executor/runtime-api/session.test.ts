import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { LIMITS, type InvocationContext } from '../../../../src/contract/index.ts';
import type { InvokeOutcome } from '../../../../src/executor/session.ts';
import { gatheringHooks, invoked } from '../../../support/invoked.ts';
import { context, INIT, Rig } from './rig.ts';
import { asTraceId } from '../../../support/ids.ts';

/** Brings a rig to the state in which next has received its event. */
async function running(rig: Rig, over: Partial<InvocationContext> = {}, event = '{}') {
  const next = rig.next();
  const ready = await rig.api.session.init(INIT, 2000);
  assert.equal(ready.kind, 'ready');
  const c = context(over);
  const outcome = invoked(rig.api.session, c, Buffer.from(event));
  return { id: c.requestId, outcome, delivered: await next };
}

const text = (payload: Uint8Array): string => Buffer.from(payload).toString();

describe('the Runtime API, from next to its answer', () => {
  test('listens on a port that fits into a signed 16-bit number', async () => {
    using rig = await Rig.open();
    assert.ok(rig.port > 0 && rig.port <= 32_767);
  });

  test('sends the event with all headers that clients require, and passes on the response byte for byte', async () => {
    using rig = await Rig.open();
    const { id, outcome, delivered } = await running(rig, { clientContext: '{"a":\n"ü"}' }, '{"x": 1 }');
    assert.equal(delivered.status, 200);
    assert.equal(delivered.body, '{"x": 1 }');
    assert.equal(delivered.headers['lambda-runtime-aws-request-id'], id);
    assert.match(String(delivered.headers['lambda-runtime-deadline-ms']), /^\d{13}$/);
    assert.equal(delivered.headers['lambda-runtime-invoked-function-arn'], INIT.functionArn);
    assert.match(String(delivered.headers['lambda-runtime-trace-id']), /^Root=1-/);
    assert.equal(
      Buffer.from(String(delivered.headers['lambda-runtime-client-context']), 'latin1').toString(),
      '{"a": "ü"}',
    );
    const accepted = await rig.post(id, 'response', { body: '  {"ok":true}\n' });
    assert.equal(accepted.status, 202);
    assert.equal(accepted.body, '{"status":"OK"}');
    assert.equal(accepted.headers['content-length'], '15');
    const o = await outcome;
    assert.ok(o.kind === 'result');
    assert.equal(text(o.payload), '  {"ok":true}\n');
  });

  for (const [size, length] of [
    ['small', 10],
    ['large', 100_000],
  ] as const)
    test(`sends a ${size} event byte for byte beside a header that is not ASCII`, async () => {
      using rig = await Rig.open();
      const event = JSON.stringify('ü€😀'.repeat(length));
      const { delivered } = await running(rig, { clientContext: '{"a":"ü€"}' }, event);
      assert.equal(delivered.body, event);
      assert.equal(delivered.headers['content-length'], String(Buffer.byteLength(event)));
      const clientContext = String(delivered.headers['lambda-runtime-client-context']);
      assert.equal(Buffer.from(clientContext, 'latin1').toString(), '{"a":"ü€"}');
    });

  test('generates a trace id if the caller sent none, and omits an empty client context', async () => {
    using rig = await Rig.open();
    const { delivered } = await running(rig, { traceId: asTraceId(''), clientContext: '' });
    assert.match(
      String(delivered.headers['lambda-runtime-trace-id']),
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
    );
    assert.ok(!('lambda-runtime-client-context' in delivered.headers));
  });

  test('delivers an invocation when the runtime polls', async () => {
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    await rig.post(id, 'response', { body: '1' });
    await outcome;
    const c = context();
    const second = invoked(rig.api.session, c, Buffer.from('"second"'));
    const delivered = await rig.next();
    assert.equal(delivered.body, '"second"');
    await rig.post(c.requestId, 'response', { body: '2' });
    const o = await second;
    assert.ok(o.kind === 'result' && text(o.payload) === '2');
  });

  test('sends the same event again to a runtime that polls while it runs', async () => {
    using rig = await Rig.open();
    const first = rig.next();
    await rig.api.session.init(INIT, 2000);
    const given = context();
    let starts = 0;
    const hooks = { ...gatheringHooks(() => undefined), started: () => void starts++ };
    rig.api.session.start(given, Buffer.from('"once"'), hooks);
    await first;
    const again = await rig.next();
    assert.equal(again.body, '"once"');
    assert.equal(again.headers['lambda-runtime-aws-request-id'], given.requestId);
    assert.equal(starts, 1);
  });

  test('passes on an error document byte for byte, with a header of 1 MiB and no content type', async () => {
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    const body = '{ "statusCode": 500, "body" : "…" }';
    const answer = await rig.post(id, 'error', {
      body,
      headers: { 'Lambda-Runtime-Function-XRay-Error-Cause': 'x'.repeat(1024 * 1024) },
    });
    assert.equal(answer.status, 202);
    const o = await outcome;
    assert.ok(o.kind === 'error');
    assert.equal(text(o.payload), body);
    assert.equal(o.errorType, 'Runtime.Unknown');
  });

  test('takes the error type from a header that AWS accepts, else from the document', async () => {
    for (const [header, body, want] of [
      ['Runtime.UserException', '{"errorType":"E"}', 'Runtime.UserException'],
      ['unhandled', '{"errorType":"E"}', 'E'],
      ['Function<RuntimeError>', 'text', 'Runtime.Unknown'],
      ['Function.x1', 'text', 'Function.Unknown'],
    ] as const) {
      using rig = await Rig.open();
      const { id, outcome } = await running(rig);
      await rig.post(id, 'error', { body, headers: { 'Lambda-Runtime-Function-Error-Type': header } });
      const o = await outcome;
      assert.ok(o.kind === 'error');
      assert.equal(o.errorType, want);
    }
  });

  test('removes the X-Ray cause from an error document', async () => {
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    const body = JSON.stringify({ errorMessage: 'm', errorType: 'T', stackTrace: ['s'], errorCause: { big: 1 } });
    await rig.post(id, 'error', { body, headers: { 'Content-Type': 'application/vnd.aws.lambda.error.cause+json' } });
    const o = await outcome;
    assert.ok(o.kind === 'error');
    assert.equal(text(o.payload), '{"errorMessage":"m","errorType":"T","stackTrace":["s"]}');
  });

  test('treats an error in trailers as a function error', async () => {
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    const doc = '{"errorMessage":"midway","errorType":"Broken"}';
    const answer = await rig.post(id, 'response', {
      body: 'half a stre',
      headers: {
        Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
        'Transfer-Encoding': 'chunked',
      },
      trailers: {
        'Lambda-Runtime-Function-Error-Type': 'Broken',
        'Lambda-Runtime-Function-Error-Body': Buffer.from(doc).toString('base64'),
      },
    });
    assert.equal(answer.status, 202);
    const o = await outcome;
    assert.ok(o.kind === 'error');
    assert.equal(text(o.payload), doc);
    assert.equal(o.errorType, 'Broken');
  });

  test('answers 413 to a response over the limit and discards it', async () => {
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    const answer = await rig.post(id, 'response', { body: Buffer.alloc(LIMITS.payloadBytes + 1, 0x20) });
    assert.equal(answer.status, 413);
    assert.deepEqual(JSON.parse(answer.body), {
      errorMessage: 'Exceeded maximum allowed payload size (6291556 bytes).',
      errorType: 'RequestEntityTooLarge',
    });
    assert.deepEqual(await outcome, { kind: 'too-large', bytes: LIMITS.payloadBytes + 1 });
  });

  test('accepts a response of exactly the limit', async () => {
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    assert.equal((await rig.post(id, 'response', { body: Buffer.alloc(LIMITS.payloadBytes, 0x20) })).status, 202);
    const o = await outcome;
    assert.ok(o.kind === 'result' && o.payload.length === LIMITS.payloadBytes);
  });

  test('collects a streamed response, and refuses an unknown response mode', async () => {
    const mode = 'Lambda-Runtime-Function-Response-Mode';
    using streaming = await Rig.open();
    const a = await running(streaming);
    assert.equal(
      (await streaming.post(a.id, 'response', { body: 'abc', headers: { [mode]: 'streaming' } })).status,
      202,
    );
    assert.equal((await a.outcome).kind, 'result');
    using odd = await Rig.open();
    const b = await running(odd);
    const refused = await odd.post(b.id, 'response', { body: 'abc', headers: { [mode]: 'buffered' } });
    assert.equal(refused.status, 400);
    assert.equal(JSON.parse(refused.body).errorType, 'InvalidFunctionResponseMode');
    const o = await b.outcome;
    assert.ok(o.kind === 'error' && o.errorType === 'Runtime.InvalidResponseModeHeader');
  });
});

describe('the Runtime API refuses in the words of AWS', () => {
  test('a response with the id of another request', async () => {
    using rig = await Rig.open();
    await running(rig);
    const answer = await rig.post('nonsense', 'response', { body: '1' });
    assert.equal(answer.status, 400);
    assert.deepEqual(JSON.parse(answer.body), { errorMessage: 'Invalid request ID', errorType: 'InvalidRequestID' });
  });

  test('a second response to the same request', async () => {
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    await rig.post(id, 'response', { body: '1' });
    const answer = await rig.post(id, 'response', { body: '2' });
    assert.equal(answer.status, 403);
    assert.deepEqual(JSON.parse(answer.body), {
      errorMessage:
        'State transition from RuntimeResponseSentState to InvocationResponse failed for runtime. Error: State transition is not allowed',
      errorType: 'InvalidStateTransition',
    });
    const o = await outcome;
    assert.ok(o.kind === 'result' && text(o.payload) === '1');
  });

  test('an init error after the first next', async () => {
    using rig = await Rig.open();
    await running(rig);
    const answer = await rig.send('POST', '/2018-06-01/runtime/init/error', { body: '{}' });
    assert.equal(answer.status, 403);
    assert.match(JSON.parse(answer.body).errorMessage, /^State transition from Running to InitError failed/);
  });

  test('next after an init error', async () => {
    using rig = await Rig.open();
    const doc = '{"errorMessage":"no","errorType":"Runtime.X","requestId":""}';
    assert.equal((await rig.send('POST', '/2018-06-01/runtime/init/error', { body: doc })).status, 202);
    const o = await rig.api.session.init(INIT, 1000);
    assert.ok(o.kind === 'error');
    assert.equal(text(o.payload), doc);
    assert.equal(o.errorType, 'Runtime.X');
    assert.equal((await rig.next()).status, 403);
  });

  test('an unknown path with 404 and a wrong verb with 405', async () => {
    using rig = await Rig.open();
    assert.equal((await rig.send('GET', '/2018-06-01/nothing')).status, 404);
    assert.equal((await rig.send('POST', '/2018-06-01/runtime/invocation/next')).status, 405);
  });
});

describe('the end of a sandbox on the Runtime API', () => {
  test('an exit during init or an invocation settles it', async () => {
    const exit = { code: 3, signal: null, outOfMemory: false };
    using starting = await Rig.open();
    const init = starting.api.session.init(INIT, 2000);
    starting.api.session.exited(exit);
    assert.deepEqual(await init, { kind: 'exit', exit });
    using busy = await Rig.open();
    const { outcome } = await running(busy);
    busy.api.session.exited(exit);
    assert.deepEqual(await outcome, { kind: 'exit', exit });
  });

  test('an exit returns unstarted what a runtime that has answered did not poll', async () => {
    const exit = { code: 0, signal: null, outOfMemory: false };
    using rig = await Rig.open();
    const { id, outcome } = await running(rig);
    await rig.post(id, 'response', { body: '1' });
    await outcome;
    let starts = 0;
    const { promise: second, resolve: settled } = Promise.withResolvers<InvokeOutcome>();
    const hooks = { ...gatheringHooks(settled), started: () => void starts++ };
    rig.api.session.start(context(), Buffer.from('2'), hooks);
    rig.api.session.exited(exit);
    assert.deepEqual(await second, { kind: 'unstarted', hasEnded: true });
    assert.equal(starts, 0);
    const third = await invoked(rig.api.session, context(), Buffer.from('3'));
    assert.deepEqual(third, { kind: 'unstarted', hasEnded: true });
  });

  test('an exit before the first event settles the invocation: another process might do the same', async () => {
    const exit = { code: 0, signal: null, outOfMemory: false };
    using rig = await Rig.open();
    const poll = assert.rejects(rig.next());
    assert.equal((await rig.api.session.init(INIT, 2000)).kind, 'ready');
    rig.api.session.exited(exit);
    assert.deepEqual(await invoked(rig.api.session, context(), Buffer.from('1')), { kind: 'exit', exit });
    rig.api.close();
    await poll;
  });

  test('init and invocations end at their limits', async () => {
    using slow = await Rig.open();
    assert.deepEqual(await slow.api.session.init(INIT, 5), { kind: 'timeout' });
    using rig = await Rig.open();
    const next = rig.next();
    await rig.api.session.init({ ...INIT, timeoutMs: 20 }, 2000);
    const c = context();
    const outcome = invoked(rig.api.session, c, Buffer.from('1'));
    await next;
    assert.deepEqual(await outcome, { kind: 'timeout' });
    // A late answer is accepted and changes nothing.
    assert.equal((await rig.post(c.requestId, 'response', { body: '1' })).status, 202);
  });

  test('an invocation ends at a limit of its own', async () => {
    for (const concurrency of [1, 2]) {
      using rig = await Rig.open();
      const next = rig.next();
      await rig.api.session.init({ ...INIT, timeoutMs: 60_000, concurrency }, 2000);
      const outcome = invoked(rig.api.session, context(), Buffer.from('1'), 20);
      await next;
      assert.deepEqual(await outcome, { kind: 'timeout' });
    }
  });

  test('close settles pending promises, frees the port and is idempotent', async () => {
    const rig = await Rig.open();
    const { outcome } = await running(rig);
    rig.api.close();
    rig.api.close();
    const o = await outcome;
    assert.ok(o.kind === 'exit' && o.exit.signal === 'SIGKILL');
    await assert.rejects(rig.next());
  });

  test('code that cannot be started fails init with the given document', async () => {
    using rig = await Rig.open();
    rig.api.failInit('Runtime.InvalidEntrypoint', 'none');
    const o = await rig.api.session.init(INIT, 1000);
    assert.ok(o.kind === 'error');
    assert.equal(text(o.payload), '{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"none"}');
  });
});

test('output is cut into lines and belongs to the current request, else the last', async () => {
  using rig = await Rig.open();
  rig.api.session.output('stdout', Buffer.from('boot\nhalf'));
  const { id, outcome } = await running(rig);
  rig.api.session.output('stderr', Buffer.from('first\rsecond\n'));
  await rig.post(id, 'response', { body: '1' });
  await outcome;
  rig.api.session.output('stdout', Buffer.from('after'));
  rig.api.session.exited({ code: 0, signal: null, outOfMemory: false });
  assert.deepEqual(rig.logs, [
    { stream: 'stdout', text: 'boot', requestId: '' },
    { stream: 'stdout', text: 'half', requestId: '' },
    { stream: 'stderr', text: 'first\nsecond', requestId: id },
    { stream: 'stdout', text: 'after', requestId: id },
  ]);
});

describe('extensions inside the runtime process', () => {
  const register = (rig: Rig, events: string, name = 'x') =>
    rig.send('POST', '/2020-01-01/extension/register', { body: events, headers: { 'Lambda-Extension-Name': name } });

  test('register during init, ask for SIGTERM by it, and wait for events that never come', async () => {
    using rig = await Rig.open();
    assert.equal(rig.api.extensions.count, 0);
    const registered = register(rig, '{"events":[]}');
    void rig.api.session.init(INIT, 2000);
    const answer = await registered;
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { functionName: 'hello', functionVersion: '3', handler: 'bootstrap' });
    assert.equal(rig.api.extensions.count, 1);
    const id = String(answer.headers['lambda-extension-identifier']);
    const waiting = rig.send('GET', '/2020-01-01/extension/event/next', {
      headers: { 'Lambda-Extension-Identifier': id },
    });
    await running(rig);
    rig.api.close();
    await assert.rejects(waiting);
  });

  test('are refused without a name, for SHUTDOWN, and after init', async () => {
    using rig = await Rig.open();
    assert.equal(JSON.parse((await register(rig, '{}', '')).body).errorType, 'Extension.InvalidExtensionName');
    assert.equal(
      JSON.parse((await register(rig, '{"events":["SHUTDOWN"]}')).body).errorType,
      'Extension.InvalidEventType',
    );
    assert.equal(JSON.parse((await register(rig, '[')).body).errorType, 'InvalidRequestFormat');
    await running(rig);
    const closed = await register(rig, '{}');
    assert.equal(closed.status, 403);
    assert.equal(JSON.parse(closed.body).errorType, 'Extension.RegistrationClosed');
  });

  test('find logs and telemetry unsupported, and ping alive', async () => {
    using rig = await Rig.open();
    const logs = await rig.send('PUT', '/2020-08-15/logs', { body: '{}' });
    assert.deepEqual([logs.status, JSON.parse(logs.body).errorType], [202, 'Logs.NotSupported']);
    const telemetry = await rig.send('PUT', '/2022-07-01/telemetry', { body: '{}' });
    assert.deepEqual([telemetry.status, JSON.parse(telemetry.body).errorType], [202, 'Telemetry.NotSupported']);
    assert.equal((await rig.send('GET', '/2018-06-01/ping')).body, 'pong');
  });
});
