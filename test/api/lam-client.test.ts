import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LamClient } from '../../src/client/index.ts';
import { oneToken } from '../../src/edge/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { zipOf } from '../unit/store/support.ts';

const ZIP = zipOf([{ name: 'index.js', content: 'exports.handler = async (e) => e;' }]);

describe('a client of a daemon', () => {
  let house: EdgeHouse;
  let client: LamClient;
  before(async () => {
    house = await edgeHouse({}, { door: { tokens: oneToken('s3cret') } });
    client = new LamClient({ url: house.url, token: 's3cret' });
    await client.deploy('hello', { zip: ZIP, config: { runtime: 'nodejs', schedules: ['every 1h'] } });
  });
  after(() => house[Symbol.asyncDispose]());

  test('on its socket needs no token', async () => {
    const local = new LamClient({ socketPath: house.socketPath });
    assert.deepEqual(
      (await local.functions.list()).map(({ name }) => name),
      ['hello'],
    );
  });

  test('with another token is refused with the code of the daemon', async () => {
    const stranger = new LamClient({ url: house.url, token: 'wrong' });
    await assert.rejects(stranger.functions.list(), { code: 'LAM_EDGE_TOKEN_NEEDED' });
  });

  test('invokes, queues and waits', async () => {
    const answer = await client.functions.invoke('hello', { a: 1 }, { log: true, qualifier: '1' });
    assert.deepEqual([answer.status, answer.payload, answer.version], ['success', { a: 1 }, 1]);
    assert.match(answer.log ?? '', /REPORT/);
    const { requestId } = await client.functions.queue('hello', 'later');
    const ended = await client.invocations.get(requestId, { waitMs: 10_000 });
    assert.deepEqual([ended.state, ended.payload], ['COMPLETED', '"later"']);
  });

  test('changes settings, aliases and triggers', async () => {
    const { version } = await client.config.patch('hello', { set: { memoryMiB: 256 } });
    await client.aliases.set('hello', 'prod', { version, routing: { weights: { '1': 10 } } });
    assert.deepEqual(await client.aliases.get('hello', 'prod'), {
      alias: 'prod',
      version,
      routing: { weights: { 1: 10 } },
    });
    const [trigger] = await client.triggers.list('schedule');
    assert.ok(trigger !== undefined);
    await client.triggers.pause(trigger);
    assert.equal((await client.triggers.get(trigger)).state, 'paused');
    assert.equal((await client.config.get('hello')).overrides.memoryMiB, 256);
  });

  test('follows logs until its signal aborts', async () => {
    const gone = new AbortController();
    let records = 0;
    for await (const record of client.logs.read('hello', { follow: true }, { signal: gone.signal })) {
      assert.equal(typeof record.text, 'string');
      records++;
      gone.abort();
    }
    assert.ok(records > 0);
  });

  test('gives a request up when its signal aborts', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(client.functions.list({ signal }), { name: 'AbortError' });
  });
});
