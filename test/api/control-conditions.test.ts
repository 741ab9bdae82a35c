import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LamClient } from '../../src/client/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { asFunctionName } from '../support/ids.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';

const CLIENTS = 16;
const HELLO = '/_lam/v1/functions/hello';

/** How each of many requests at once ended: the code of its error, or `done`. */
async function ends(requests: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const all = await Promise.allSettled(requests);
  return all.map((one) =>
    one.status === 'fulfilled' ? 'done' : isLamError(one.reason) ? one.reason.code : String(one.reason),
  );
}

describe('changes under conditions', () => {
  let house: EdgeHouse;
  let clients: readonly LamClient[] = [];
  before(async () => {
    house = await edgeHouse();
    await house.publish('hello', { schedules: ['every 1h'] });
    await house.publish('hello', { memoryMiB: 256, schedules: ['every 1h'] });
    clients = Array.from({ length: CLIENTS }, () => new LamClient({ socketPath: house.socketPath }));
  });
  after(() => house[Symbol.asyncDispose]());

  const [OF_ONE, OF_OTHERS] = [['done'], Array.from({ length: CLIENTS - 1 }, () => 'LAM_REGISTRY_STALE')];
  const races: Readonly<Record<string, (client: LamClient, n: number) => Promise<() => Promise<unknown>>>> = {
    'settings of a function': async (client, n) => {
      const ifMatch = client.tagOf(await client.config.get('hello'));
      return () => client.config.patch('hello', { set: { memoryMiB: 300 + n } }, { ifMatch });
    },
    'an alias': async (client, n) => {
      const ifMatch = client.tagOf(await client.aliases.get('hello', 'prod'));
      const weights = { '2': n + 1 };
      return () => client.aliases.set('hello', 'prod', { version: 1, routing: { weights } }, { ifMatch });
    },
    'a function': async (client) => {
      const ifMatch = client.tagOf(await client.functions.get('hello'));
      return () => client.functions.rollback('hello', {}, { ifMatch });
    },
    'a trigger': async (client) => {
      const [trigger] = await client.triggers.list('schedule');
      assert.ok(trigger !== undefined);
      const ifMatch = client.tagOf(await client.triggers.get(trigger));
      return () => client.triggers.pause(trigger, { ifMatch });
    },
  };
  for (const [what, prepare] of Object.entries(races))
    test(`one of ${CLIENTS} clients that saw the same changes ${what}`, async () => {
      await clients[0]?.aliases.set('hello', 'prod', { version: 1 });
      const changes = await Promise.all(clients.map((client, n) => prepare(client, n)));
      const all = await ends(changes.map((change) => change()));
      assert.deepEqual(all.toSorted(), [...OF_OTHERS, ...OF_ONE]);
    });

  test('an ETag is the same until something changes', async () => {
    const [first, second] = [await house.control(HELLO), await house.control(HELLO)];
    assert.match(String(first.headers['etag']), /^"[\w-]{22}"$/);
    assert.equal(first.headers['etag'], second.headers['etag']);
    const headers = { 'if-match': `"other", ${String(first.headers['etag'])}` };
    const rolled = await house.control(`${HELLO}/rollback`, { method: 'POST', body: '{"to":1}', headers });
    assert.equal(rolled.status, 200, rolled.text);
    assert.notEqual((await house.control(HELLO)).headers['etag'], first.headers['etag']);
  });

  test('conditions that mean nothing are refused', async () => {
    const refused = async (path: string, headers: Record<string, string>): Promise<unknown> =>
      (await house.control(path, { method: 'POST', body: '{}', headers })).json()['code'];
    assert.equal(await refused(`${HELLO}/rollback`, { 'if-match': 'no quotes' }), 'LAM_EDGE_BAD_REQUEST');
    assert.equal(await refused('/_lam/v1/gc', { 'if-match': '*' }), 'LAM_EDGE_BAD_REQUEST');
    assert.equal(await refused(`${HELLO}/rollback`, { 'idempotency-key': 'é'.repeat(2) }), 'LAM_EDGE_IDEMPOTENCY_KEY');
    assert.equal(await refused('/_lam/v1/artifacts/zip', { 'idempotency-key': 'k' }), 'LAM_EDGE_BAD_REQUEST');
    const absent = await house.control(`${HELLO}/aliases/absent`, {
      method: 'PUT',
      body: '{"version":1}',
      headers: { 'if-match': '*' },
    });
    assert.deepEqual([absent.status, absent.json()['code']], [412, 'LAM_REGISTRY_STALE']);
  });

  test(`${CLIENTS} requests with one key make one change, and all have its answer`, async () => {
    const send = (body: unknown): Promise<Answer> =>
      house.control(`${HELLO}/config`, {
        method: 'PATCH',
        body: JSON.stringify(body),
        headers: { 'idempotency-key': 'one-change', host: 'localhost' },
        agent: false,
      });
    const before = house.registry.detail(asFunctionName('hello')).history.length;
    const answers = await Promise.all(clients.map(() => send({ set: { timeoutMs: 1234 } })));
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    assert.deepEqual(
      answers.map(({ status }) => status),
      clients.map(() => 200),
    );
    assert.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length, 1);
    assert.equal(house.registry.detail(asFunctionName('hello')).history.length, before + 1);
    const other = await send({ set: { timeoutMs: 4321 } });
    assert.deepEqual([other.status, other.json()['code']], [409, 'LAM_EDGE_IDEMPOTENCY_MISMATCH']);
  });

  test('an event that is queued with one key by many is queued once', async () => {
    const client = clients[0] as LamClient;
    const ids = await Promise.all(
      clients.map((one) => one.functions.queue('hello', 'once', { idempotencyKey: 'event-1' })),
    );
    assert.equal(new Set(ids.map(({ requestId }) => requestId)).size, 1);
    assert.equal((await client.invocations.list({ functionName: 'hello' })).invocations.length, 1);
  });
});
