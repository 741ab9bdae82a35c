import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, test } from 'node:test';

import type { RuntimeApiOptions, TelemetryDestination } from '../../../../src/executor/runtime-api/index.ts';
import { telemetryTo } from '../../../../src/executor/runtime-api/telemetry/deliver.ts';
import { Room } from '../../../../src/executor/runtime-api/telemetry/room.ts';
import { Subscriber } from '../../../../src/executor/runtime-api/telemetry/subscriber.ts';
import { parseSubscription, type TelemetryWish } from '../../../../src/executor/runtime-api/telemetry/subscription.ts';
import { invoked } from '../../../support/invoked.ts';
import { settled, VirtualClock } from '../../../support/virtual-clock.ts';
import { context, INIT, Rig, type Answer } from './rig.ts';

interface Delivered {
  readonly to: TelemetryDestination;
  readonly events: readonly { readonly time: string; readonly type: string; readonly record: unknown }[];
}

const HTTP = { protocol: 'HTTP', URI: 'http://sandbox.localdomain:4243/events?x=1' };
const BODY = { schemaVersion: '2022-07-01', types: ['platform', 'function'], destination: HTTP };

/** A rig with a registered internal extension, before the runtime's first poll. */
async function registered(
  options: Partial<RuntimeApiOptions>,
): Promise<{ rig: Rig; id: string; headers: Readonly<Record<string, string>> }> {
  const rig = await Rig.open(options);
  const answer = rig.send('POST', '/2020-01-01/extension/register', {
    body: '{"events":["INVOKE"]}',
    headers: { 'Lambda-Extension-Name': 'inner' },
  });
  void rig.api.session.init(INIT, 2000);
  const id = String((await answer).headers['lambda-extension-identifier']);
  return { rig, id, headers: { 'Lambda-Extension-Identifier': id } };
}

/** Such a rig whose extension has subscribed. */
async function subscribed(
  api: string,
  body: object,
): Promise<{ rig: Rig; batches: Delivered[]; answer: Answer; id: string }> {
  const batches: Delivered[] = [];
  const { rig, id, headers } = await registered({
    deliver: (to, batch) => {
      batches.push({ to, events: JSON.parse(batch.toString()) });
      return Promise.resolve(true);
    },
  });
  const answer = await rig.send('PUT', api, { body: JSON.stringify(body), headers });
  return { rig, batches, answer, id };
}

/** Runs one invocation that prints a line. */
async function ran(rig: Rig, id: string): Promise<string> {
  const next = rig.next();
  const poll = (): Promise<Answer> =>
    rig.send('GET', '/2020-01-01/extension/event/next', { headers: { 'Lambda-Extension-Identifier': id } });
  const polled = poll();
  // The runtime and the extension poll, in either order.
  while (rig.api.extensions.settling !== undefined) await new Promise(setImmediate);
  const given = context();
  const outcome = invoked(rig.api.session, given, Buffer.from('1'));
  await Promise.all([next, polled]);
  rig.api.session.output('stdout', Buffer.from('printed\n'));
  await rig.post(given.requestId, 'response', { body: '"four"' });
  await outcome;
  const last = poll();
  await rig.api.session.settling;
  await rig.api.telemetry.flush();
  rig.api.close();
  await assert.rejects(last);
  return given.requestId;
}

describe('the Telemetry API', () => {
  test('delivers what the platform did and what the function printed, from the start of the init', async () => {
    const { rig, batches, answer, id } = await subscribed('/2022-07-01/telemetry', BODY);
    assert.deepEqual([answer.status, answer.body], [200, '"OK"']);
    rig.api.telemetry.usedMiB = () => 33.2;
    const requestId = await ran(rig, id);
    assert.deepEqual(batches[0]?.to, {
      via: 'HTTP',
      host: 'sandbox.localdomain',
      port: 4243,
      path: '/events?x=1',
    });
    const events = batches.flatMap((batch) => batch.events);
    assert.deepEqual(
      events.map(({ type }) => type),
      [
        'platform.initStart',
        'platform.telemetrySubscription',
        'platform.extension',
        'platform.initRuntimeDone',
        'platform.initReport',
        'platform.start',
        'function',
        'platform.runtimeDone',
        'platform.report',
      ],
    );
    assert.ok(events.every(({ time }) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time)));
    const record = (type: string): Record<string, unknown> =>
      events.find((event) => event.type === type)?.record as Record<string, unknown>;
    assert.deepEqual(record('platform.initStart'), {
      initializationType: 'on-demand',
      phase: 'init',
      functionName: 'hello',
      functionVersion: '3',
    });
    assert.deepEqual(record('platform.telemetrySubscription'), {
      name: 'inner',
      state: 'Subscribed',
      types: ['platform', 'function'],
    });
    assert.deepEqual(record('platform.extension'), { name: 'inner', state: 'Ready', events: ['INVOKE'] });
    assert.equal(record('function'), 'printed');
    const start = record('platform.start');
    assert.deepEqual([start['requestId'], start['version']], [requestId, '3']);
    const done = record('platform.runtimeDone');
    assert.deepEqual([done['requestId'], done['status']], [requestId, 'success']);
    assert.equal((done['metrics'] as { producedBytes: number }).producedBytes, 6);
    const { metrics, ...report } = record('platform.report') as { metrics: Record<string, number> };
    assert.equal(report['status' as never], 'success');
    assert.deepEqual([metrics['memorySizeMB'], metrics['maxMemoryUsedMB']], [128, 34]);
    assert.ok(
      (metrics['initDurationMs'] ?? 0) > 0 && metrics['billedDurationMs'] === Math.ceil(metrics['durationMs'] ?? 0),
    );
  });

  test('answers the older Logs API with the events of that', async () => {
    const body = { schemaVersion: '2020-08-15', types: ['platform'], destination: HTTP };
    const { rig, batches, answer, id } = await subscribed('/2020-08-15/logs', body);
    assert.equal(answer.status, 200);
    await ran(rig, id);
    assert.deepEqual(
      batches.flatMap((batch) => batch.events).map(({ type }) => type),
      ['logsSubscription', 'extension', 'start', 'runtimeDone', 'end', 'report'].map((name) => `platform.${name}`),
    );
  });

  test('replaces the subscription of an extension that subscribes again', async () => {
    const { rig, batches, id } = await subscribed('/2022-07-01/telemetry', BODY);
    const again = { ...BODY, destination: { protocol: 'HTTP', URI: 'http://sandbox.localdomain:4244' } };
    const headers = { 'Lambda-Extension-Identifier': id };
    const answer = await rig.send('PUT', '/2022-07-01/telemetry', { body: JSON.stringify(again), headers });
    assert.equal(answer.status, 200);
    await ran(rig, id);
    assert.ok(batches.length > 0);
    assert.deepEqual([...new Set(batches.map(({ to }) => to.port))], [4244]);
  });

  test('ends deliveries of a subscription that was replaced', { timeout: 20_000 }, async (t) => {
    const accepted: Socket[] = [];
    const listener = createServer((socket) => accepted.push(socket.on('error', () => undefined).resume()));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    t.after(() => listener.close());
    const { port } = listener.address() as AddressInfo;
    // It never answers, and the daemon would wait for it for an hour.
    const deliver = telemetryTo('127.0.0.1', { deliveryMs: 3_600_000, closingMs: 3_600_000 });
    const { rig, headers } = await registered({ deliver });
    const body = JSON.stringify({
      ...BODY,
      destination: { protocol: 'HTTP', URI: `http://sandbox.localdomain:${port}` },
      buffering: { timeoutMs: 25 },
    });
    for (let n = 0; n < 3; n += 1) {
      const connected = once(listener, 'connection');
      assert.equal((await rig.send('PUT', '/2022-07-01/telemetry', { body, headers })).status, 200);
      await connected;
      const [before] = accepted.slice(-2, -1);
      if (before !== undefined && !before.closed) await once(before, 'close');
    }
    assert.equal(accepted.length, 3);
    const [last] = accepted.slice(-1);
    rig.api.close();
    if (last?.closed === false) await once(last, 'close');
  });

  test('refuses an invalid subscription, one of a stranger, and one after the init', async () => {
    const { rig, answer, id } = await subscribed('/2022-07-01/telemetry', { ...BODY, types: ['all'] });
    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.body).errorType, 'ValidationError');
    const put = (headers: Record<string, string>): Promise<Answer> =>
      rig.send('PUT', '/2022-07-01/telemetry', { body: JSON.stringify(BODY), headers });
    const stranger = await put({ 'Lambda-Extension-Identifier': crypto.randomUUID() });
    assert.equal(JSON.parse(stranger.body).errorType, 'Extension.UnknownExtensionIdentifier');
    const polled = rig.next();
    while (rig.api.isStarting()) await new Promise(setImmediate);
    const own = { 'Lambda-Extension-Identifier': id };
    assert.equal((await put(own)).status, 200, 'the runtime has polled, and the extension has not');
    const event = rig.send('GET', '/2020-01-01/extension/event/next', { headers: own });
    let late = await put(own);
    // Its poll is on another connection.
    while (late.status === 200) late = await put(own);
    assert.deepEqual([late.status, JSON.parse(late.body).errorType], [403, 'Telemetry.SubscriptionClosed']);
    rig.api.close();
    await Promise.all([assert.rejects(polled), assert.rejects(event)]);
  });
});

test('subscriptions name what is wrong with them', () => {
  const faults: readonly (readonly [object | string, RegExp])[] = [
    ['[]', /not a JSON object/],
    [{ ...BODY, schemaVersion: '2019-01-01' }, /schemaVersion must be one of 2022-07-01, /],
    [{ ...BODY, types: [] }, /types must name some of platform, function, extension/],
    [{ ...BODY, destination: undefined }, /destination is missing/],
    [{ ...BODY, destination: { protocol: 'UDP' } }, /must have protocol HTTP/],
    [{ ...BODY, destination: { protocol: 'TCP', port: 0 } }, /port must be 1 to 65535/],
    [
      { ...BODY, destination: { ...HTTP, URI: 'http://example.com:1' } },
      /must begin with http:\/\/sandbox\.localdomain/,
    ],
    [{ ...BODY, destination: { ...HTTP, URI: 'https://sandbox.localdomain:1' } }, /must begin with/],
    [{ ...BODY, buffering: { maxItems: 10 } }, /maxItems must be 1000 to 10000/],
    [{ ...BODY, buffering: { maxBytes: 1 } }, /maxBytes must be 262144 to 1048576/],
    [{ ...BODY, buffering: { maxItems: { toString: 1, valueOf: 1 } } }, /maxItems must be/],
    [{ ...BODY, buffering: { timeoutMs: 24 } }, /timeoutMs must be 25 to 30000/],
  ];
  for (const [body, want] of faults) {
    const parsed = parseSubscription('telemetry', typeof body === 'string' ? body : JSON.stringify(body));
    assert.match('fault' in parsed ? parsed.fault : 'valid', want);
  }
  const usual = parseSubscription('telemetry', JSON.stringify(BODY));
  assert.ok(!('fault' in usual));
  assert.deepEqual([usual.maxItems, usual.maxBytes, usual.timeoutMs], [1000, 262_144, 1000]);
});

describe('batches of telemetry', () => {
  const wish: TelemetryWish = {
    streams: new Set(['function']),
    destination: { via: 'HTTP', host: 'sandbox', port: 1, path: '/' },
    maxItems: 3,
    maxBytes: 40,
    timeoutMs: 100,
  };
  const made = (answers: boolean[] = []) => {
    const clock = new VirtualClock();
    const batches: string[] = [];
    const subscriber = new Subscriber(wish, clock, (_to, batch) => {
      batches.push(batch.toString());
      return Promise.resolve(answers.shift() ?? true);
    });
    return { clock, batches, subscriber };
  };

  test('go out when full by items or bytes, else after the time-out', async () => {
    const { clock, batches, subscriber } = made();
    for (const event of ['1', '2', '3', '4']) subscriber.add(event);
    await settled();
    assert.deepEqual(batches, ['[1,2,3]']);
    await clock.advance(100);
    assert.deepEqual(batches, ['[1,2,3]', '[4]']);
    const long = JSON.stringify('x'.repeat(30));
    subscriber.add(long);
    subscriber.add(long);
    await settled();
    assert.deepEqual(batches.slice(2), [`[${long}]`]);
    await subscriber.flush();
    assert.deepEqual(batches.slice(3), [`[${long}]`]);
  });

  test('share the room of their sandbox, which is free again once they were taken or dropped', async () => {
    const clock = new VirtualClock();
    const batches: string[] = [];
    const answers = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
    const room = new Room(10);
    const [first, second] = [0, 1].map(
      (at) =>
        new Subscriber(
          wish,
          clock,
          (_to, batch) => {
            batches.push(batch.toString());
            return answers[at]?.promise ?? Promise.resolve(true);
          },
          room,
        ),
    );
    for (const event of ['111', '222', '333']) first?.add(event);
    await settled();
    assert.deepEqual(batches, ['[111,222,333]']);
    // On its way to a listener, it is kept.
    second?.add('444');
    answers[0]?.resolve(true);
    await settled();
    for (const event of ['555', '666', '777']) second?.add(event);
    await settled();
    const [dropped, ...taken] = JSON.parse(batches[1] ?? '[]');
    assert.deepEqual([dropped.record.droppedRecords, taken], [1, [555, 666, 777]]);
    second?.close();
    answers[1]?.resolve(false);
    await settled();
    assert.equal(room.take(10), true);
  });

  test('are not sent again once their subscription is closed', async () => {
    const { clock, batches, subscriber } = made([false]);
    subscriber.add('1');
    await clock.advance(100);
    assert.deepEqual(batches, ['[1]']);
    subscriber.close();
    await clock.advance(1000);
    assert.deepEqual(batches, ['[1]']);
  });

  test('are sent again when they are not taken, and are dropped with a record of it', async () => {
    const { clock, batches, subscriber } = made([false, false, false]);
    for (const event of ['1', '2', '3']) subscriber.add(event);
    for (let i = 0; i < 3; i += 1) {
      await settled();
      await clock.advance(100);
    }
    assert.deepEqual(batches, ['[1,2,3]', '[1,2,3]', '[1,2,3]']);
    subscriber.add('4');
    await clock.advance(100);
    const [dropped, event] = JSON.parse(batches[3] ?? '[]');
    assert.equal(dropped.type, 'platform.logsDropped');
    assert.equal(dropped.record.droppedRecords, 3);
    assert.equal(event, 4);
  });
});
