import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CreateApiKeyAnswer, ListedApiKey } from '../../src/contract/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse } from '../support/edge-house.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 0, 5, 12);

for (const way of WAYS)
  describe(`quotas of API keys, through ${way}`, () => {
    let house: EdgeHouse;
    let now = NOON;
    before(async () => {
      house = await edgeHouse(
        {
          refuses: () => Promise.resolve({ kind: 'result', payload: Buffer.from('{"statusCode":429}') }),
        },
        { way, clock: { ...systemClock, now: () => now } },
      );
      await house.publish('any', {
        routes: [
          { route: 'GET /any', auth: 'api-key' },
          { route: 'GET /few', auth: 'api-key', rateLimit: 0.001, burst: 2 },
          { route: 'POST /later', auth: 'api-key', async: true },
          { route: 'GET /files/{file+}', auth: 'api-key', static: '.' },
        ],
      });
      await house.publish('stopped', { reservedConcurrency: 0, routes: [{ route: 'GET /stopped', auth: 'api-key' }] });
      await house.publish('refuses', { routes: [{ route: 'GET /refuses', auth: 'api-key' }] });
    });
    after(() => house[Symbol.asyncDispose]());

    const get = (path: string, { key }: { readonly key: string }): Promise<Answer> =>
      house.ask(path, { headers: { 'x-api-key': key } });
    const create = async (body: object): Promise<CreateApiKeyAnswer> => {
      const answer = await house.control('/_lam/v1/keys', { method: 'POST', body: JSON.stringify(body) });
      assert.equal(answer.status, 200, answer.text);
      return JSON.parse(answer.text) as CreateApiKeyAnswer;
    };
    const change = (name: string, body: unknown): Promise<Answer> =>
      house.control(`/_lam/v1/keys/${name}`, { method: 'PATCH', body: JSON.stringify(body) });
    const usedOf = async (name: string): Promise<ListedApiKey['used'] | undefined> => {
      const keys = JSON.parse((await house.control('/_lam/v1/keys')).text) as readonly ListedApiKey[];
      return keys.find((each) => each.name === name)?.used;
    };
    const statuses = async (path: string, key: CreateApiKeyAnswer, count: number): Promise<string> => {
      const answers = await Promise.all(Array.from({ length: count }, () => get(path, key)));
      const counts = Map.groupBy(answers, ({ status }) => status);
      return [...counts]
        .toSorted(([a], [b]) => a - b)
        .map(([status, { length }]) => `${length} x ${status}`)
        .join(', ');
    };

    test('64 requests at once: exactly as many as the quota run, the others say when to come again', async () => {
      const burst = await create({ name: 'burst', quota: 40 });
      const before = house.arrivals();
      assert.equal(await statuses('/any', burst, 64), '40 x 200, 24 x 429');
      assert.equal(house.arrivals(), before + 40);
      const refused = await get('/any', burst);
      assert.equal(refused.json()['code'], 'LAM_LIMITS_QUOTA');
      assert.deepEqual(
        ['retry-after', 'ratelimit-policy', 'ratelimit'].map((name) => refused.headers[name]),
        ['43200', '"api-key";q=40;w=86400', '"api-key";r=0;t=43200'],
      );
      assert.equal(await statuses('/any', await create({ name: 'unlimited' }), 64), '64 x 200');
      assert.deepEqual([await usedOf('burst'), await usedOf('unlimited')], [40, null]);
    });

    test('begin anew at midnight UTC, and not where the clock is set back', async () => {
      const daily = await create({ name: 'daily', quota: 2 });
      assert.equal(await statuses('/any', daily, 3), '2 x 200, 1 x 429');
      now -= 30 * HOUR;
      assert.equal(await statuses('/any', daily, 3), '3 x 429');
      now = NOON + 12 * HOUR - 1;
      assert.equal(await statuses('/any', daily, 3), '3 x 429');
      now = NOON + 12 * HOUR;
      assert.equal(await statuses('/any', daily, 3), '2 x 200, 1 x 429');
      now = NOON;
    });

    test('are not used by requests that are refused for another reason or run nothing', async () => {
      const shop = await create({ name: 'shop', quota: 9 });
      const wrong = { ...shop, key: `${shop.key}x` };
      assert.equal(await statuses('/any', wrong, 3), '3 x 401');
      assert.equal(await usedOf('shop'), 0);
      assert.equal(await statuses('/few', shop, 5), '2 x 200, 3 x 429');
      assert.equal(await usedOf('shop'), 2, 'the rate of the route');
      assert.equal(await statuses('/stopped', shop, 5), '5 x 429');
      assert.equal(await usedOf('shop'), 2, 'the limits of the function');
      assert.equal(await statuses('/files/missing.js', shop, 1), '1 x 404');
      assert.equal(await usedOf('shop'), 2);
      assert.equal(await statuses('/files/index.js', shop, 1), '1 x 200');
      assert.equal((await house.ask('/later', { method: 'POST', headers: { 'x-api-key': shop.key } })).status, 202);
      assert.equal(await statuses('/refuses', shop, 1), '1 x 429');
      assert.equal(await usedOf('shop'), 5, 'a file, an accepted event, and a function that answers 429 itself');
    });

    test('change at once, and what was used counts', async () => {
      const live = await create({ name: 'live', quota: 3 });
      assert.equal(await statuses('/any', live, 5), '3 x 200, 2 x 429');
      const raised = await change('live', { quota: 5 });
      const { quota, used, resetsAt } = raised.json();
      assert.deepEqual([quota, used, resetsAt], [5, 3, NOON + 12 * HOUR]);
      assert.equal(await statuses('/any', live, 5), '2 x 200, 3 x 429');
      assert.equal((await change('live', { quota: null })).json()['used'], null);
      assert.equal(await statuses('/any', live, 5), '5 x 200');
      assert.equal((await change('live', { quota: 0 })).status, 200);
      assert.equal(await statuses('/any', live, 1), '1 x 429');
      for (const wrong of [-1, 1.5, 1e12, '5', undefined])
        assert.equal((await change('live', { quota: wrong })).status, 400, String(wrong));
      assert.equal((await change('liev', { quota: 5 })).status, 404);
    });

    test('of a revoked key are gone with it', async () => {
      const first = await create({ name: 'again', quota: 1 });
      assert.equal(await statuses('/any', first, 2), '1 x 200, 1 x 429');
      await house.control('/_lam/v1/keys/again', { method: 'DELETE' });
      const second = await create({ name: 'again', quota: 1 });
      assert.equal(await usedOf('again'), 0);
      assert.equal(await statuses('/any', second, 2), '1 x 200, 1 x 429');
    });
  });
