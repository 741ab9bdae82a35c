import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { invoked } from '../../../support/invoked.ts';
import { context, INIT, Rig, type Answer } from './rig.ts';

const EXTENSION = '/2020-01-01/extension';

/** An extension as a client of a rig. */
class Client {
  readonly #rig: Rig;
  id = '';
  constructor(rig: Rig) {
    this.#rig = rig;
  }
  /** Registers; resolves with the answer, whose id it keeps. */
  async register(name: string, events: readonly string[], headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.#rig.send('POST', `${EXTENSION}/register`, {
      body: JSON.stringify({ events }),
      headers: { 'Lambda-Extension-Name': name, ...headers },
    });
    this.id = String(answer.headers['lambda-extension-identifier']);
    return answer;
  }
  next(): Promise<Answer> {
    return this.#rig.send('GET', `${EXTENSION}/event/next`, { headers: { 'Lambda-Extension-Identifier': this.id } });
  }
  error(phase: 'init' | 'exit', type = 'Extension.Unlucky'): Promise<Answer> {
    const headers = { 'Lambda-Extension-Identifier': this.id, 'Lambda-Extension-Function-Error-Type': type };
    return this.#rig.send('POST', `${EXTENSION}/${phase}/error`, { headers, body: '{}' });
  }
}

const text = (payload: Uint8Array): string => Buffer.from(payload).toString();
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));
const typeOf = (answer: Answer): unknown => JSON.parse(answer.body).errorType;

describe('an external extension', () => {
  test('registers, ends the init with its first poll, and gets INVOKE and SHUTDOWN with deadlines', async () => {
    using rig = await Rig.open({ extensions: ['probe'] });
    const probe = new Client(rig);
    let isRegistered = false;
    void rig.api.extensions.registered.then(() => (isRegistered = true));
    await turn();
    assert.equal(isRegistered, false);
    const registered = probe.register('probe', ['INVOKE', 'SHUTDOWN'], {
      'Lambda-Extension-Accept-Feature': 'accountId',
    });
    await rig.api.extensions.registered;
    const init = rig.api.session.init(INIT, 2000);
    assert.deepEqual(JSON.parse((await registered).body), {
      functionName: 'hello',
      functionVersion: '3',
      handler: 'bootstrap',
      accountId: '000000000000',
    });
    const delivered = rig.next();
    await turn();
    const first = probe.next();
    assert.equal((await init).kind, 'ready');
    const given = context();
    const outcome = invoked(rig.api.session, given, Buffer.from('1'));
    const event = await first;
    assert.match(String(event.headers['lambda-extension-event-identifier']), /^[0-9a-f-]{36}$/);
    assert.deepEqual(JSON.parse(event.body), {
      eventType: 'INVOKE',
      deadlineMs: given.deadlineMs,
      requestId: given.requestId,
      invokedFunctionArn: given.functionArn,
      tracing: { type: 'X-Amzn-Trace-Id', value: given.traceId },
    });
    await delivered;
    await rig.post(given.requestId, 'response', { body: '1' });
    assert.equal((await outcome).kind, 'result');
    const { settling } = rig.api.session;
    assert.ok(settling !== undefined, 'it works on');
    const second = probe.next();
    assert.equal(await settling, true);
    assert.equal(rig.api.session.settling, undefined);
    const deadlineMs = Date.now() + 2000;
    rig.api.extensions.shutDown(deadlineMs);
    assert.deepEqual(JSON.parse((await second).body), {
      eventType: 'SHUTDOWN',
      shutdownReason: 'spindown',
      deadlineMs,
    });
  });

  test('that does not poll in time lets the init time out, and SHUTDOWN says so', async () => {
    using rig = await Rig.open({ extensions: ['probe'] });
    const probe = new Client(rig);
    const registered = probe.register('probe', ['SHUTDOWN']);
    const init = rig.api.session.init(INIT, 200);
    await registered;
    void rig.next().catch(() => undefined);
    assert.deepEqual(await init, { kind: 'timeout' });
    const next = probe.next();
    rig.api.extensions.shutDown(Date.now());
    assert.equal(JSON.parse((await next).body).shutdownReason, 'timeout');
  });

  test('that reports an error fails the init', async () => {
    using rig = await Rig.open({ extensions: ['probe'] });
    const probe = new Client(rig);
    const registered = probe.register('probe', []);
    const init = rig.api.session.init(INIT, 2000);
    await registered;
    assert.equal((await probe.error('init')).status, 202);
    const outcome = await init;
    assert.ok(outcome.kind === 'error');
    assert.equal(outcome.errorType, 'Extension.InitError');
    assert.deepEqual(JSON.parse(text(outcome.payload)), {
      errorType: 'Extension.InitError',
      errorMessage: 'Extension probe reported Extension.Unlucky',
    });
  });

  test('that ends before it has registered fails the init', async () => {
    using rig = await Rig.open({ extensions: ['probe'] });
    rig.api.extensions.fail({ errorType: 'Extension.Crash', errorMessage: 'exit status 1' });
    await rig.api.extensions.registered;
    const outcome = await rig.api.session.init(INIT, 2000);
    assert.ok(outcome.kind === 'error' && outcome.errorType === 'Extension.Crash');
  });

  test('that ends during an invocation ends it, and every later one', async () => {
    using rig = await Rig.open({ extensions: ['probe'] });
    const probe = new Client(rig);
    const registered = probe.register('probe', ['INVOKE', 'SHUTDOWN']);
    const init = rig.api.session.init(INIT, 2000);
    await registered;
    const [delivered, first] = [rig.next(), probe.next()];
    assert.equal((await init).kind, 'ready');
    const given = context();
    const outcome = invoked(rig.api.session, given, Buffer.from('1'));
    await Promise.all([delivered, first]);
    await probe.error('exit');
    const ended = await outcome;
    assert.ok(ended.kind === 'error' && ended.leaving === true);
    assert.deepEqual(JSON.parse(text(ended.payload)), {
      errorType: 'Extension.ExitError',
      errorMessage: `RequestId: ${given.requestId} Error: Extension probe reported Extension.Unlucky`,
    });
    const later = await invoked(rig.api.session, context(), Buffer.from('1'));
    assert.ok(later.kind === 'error' && later.errorType === 'Extension.ExitError');
    assert.equal(typeOf(await probe.next()), 'Extension.InvalidExtensionState');
  });

  test('that works beyond the deadline of the invocation makes the sandbox unusable', async () => {
    using rig = await Rig.open({ extensions: ['probe'] });
    const probe = new Client(rig);
    const registered = probe.register('probe', ['INVOKE']);
    const init = rig.api.session.init(INIT, 2000);
    await registered;
    const [delivered, first] = [rig.next(), probe.next()];
    await init;
    const given = context({ deadlineMs: Date.now() + 300 });
    const outcome = invoked(rig.api.session, given, Buffer.from('1'));
    await Promise.all([delivered, first]);
    await rig.post(given.requestId, 'response', { body: '1' });
    assert.equal((await outcome).kind, 'result');
    assert.equal(await rig.api.session.settling, false);
  });
});

test('the Extensions API refuses in the words of AWS', async () => {
  using rig = await Rig.open({ extensions: ['probe'] });
  const [probe, inner] = [new Client(rig), new Client(rig)];
  assert.equal(typeOf(await inner.register('', [])), 'Extension.InvalidExtensionName');
  assert.equal(typeOf(await inner.register('inner', ['SHUTDOWN'])), 'Extension.InvalidEventType');
  assert.equal(typeOf(await probe.register('probe', ['OTHER'])), 'Extension.InvalidEventType');
  void rig.api.session.init(INIT, 2000);
  assert.equal((await probe.register('probe', ['SHUTDOWN'])).status, 200);
  const { id } = probe;
  const again = await probe.register('probe', []);
  assert.equal(typeOf(again), 'Extension.InvalidExtensionState');
  assert.match(again.body, /State transition from Registered to Registered failed for extension probe\. Error: /);
  const next = (headers: Record<string, string>): Promise<Answer> =>
    rig.send('GET', `${EXTENSION}/event/next`, { headers });
  assert.equal(typeOf(await next({})), 'Extension.MissingExtensionIdentifier');
  assert.equal(typeOf(await next({ 'Lambda-Extension-Identifier': 'x' })), 'Extension.InvalidExtensionIdentifier');
  assert.equal(
    typeOf(await next({ 'Lambda-Extension-Identifier': crypto.randomUUID() })),
    'Extension.UnknownExtensionIdentifier',
  );
  const untyped = { headers: { 'Lambda-Extension-Identifier': id } };
  assert.equal(typeOf(await rig.send('POST', `${EXTENSION}/exit/error`, untyped)), 'Extension.MissingHeader');
  for (let i = 1; i < 10; i += 1) assert.equal((await inner.register(`inner${i}`, [])).status, 200);
  assert.equal(typeOf(await inner.register('inner10', [])), 'Extension.TooManyExtensions');
  const polled = rig.next();
  await turn();
  assert.equal(typeOf(await inner.register('late', [])), 'Extension.RegistrationClosed');
  rig.api.close();
  await assert.rejects(polled);
});
