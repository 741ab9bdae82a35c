import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KeyScope } from '../../src/contract/index.ts';
import { oneToken } from '../../src/edge/index.ts';
import { edgeHouse, type Answer, type AskOptions, type EdgeHouse, type Variations } from '../support/edge-house.ts';
import { formOf } from '../support/form.ts';
import { savedFiles, tarOf } from '../support/image-tars.ts';

const PARTS = { names: ['hello:latest'], layers: [[{ name: 'run', content: '#!/bin/sh\ncat\n', mode: 0o755 }]] };

interface House {
  readonly house: EdgeHouse;
  ask(path: string, options?: AskOptions): Promise<Answer>;
}

async function miniHouse(more: Variations): Promise<House & AsyncDisposable> {
  const house = await edgeHouse({}, { miniLambda: 0, ...more });
  const port = house.status().miniLambda ?? 0;
  return {
    house,
    ask: (path, options = {}) => house.askAt(port, path, options),
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}

/** One request for each kind of right. */
async function asks({ ask }: House, key?: string): Promise<Record<string, number>> {
  const headers = key === undefined ? {} : { 'x-api-key': key };
  const post = { method: 'POST', headers };
  const form = formOf([['image', await tarOf(await savedFiles(PARTS)), 'image.tar']]);
  const body = (value: unknown): AskOptions => ({ ...post, body: JSON.stringify(value) });
  const answers = {
    upload: await ask('/images', { ...post, ...form, headers: { ...headers, ...form.headers } }),
    register: await ask('/functions', body({ name: 'hello', image: 'hello' })),
    list: await ask('/functions', { headers }),
    invoke: await ask('/invoke/hello', body({ event: 1 })),
    later: await ask('/invoke/hello/async', body({ event: 1 })),
    invocations: await ask('/invocations', { headers }),
    metrics: await ask('/metrics', { headers }),
    health: await ask('/health', { headers }),
  };
  return Object.fromEntries(Object.entries(answers).map(([name, { status }]) => [name, status]));
}

const ALL = {
  upload: 200,
  register: 200,
  list: 200,
  invoke: 200,
  later: 202,
  invocations: 200,
  metrics: 200,
  health: 200,
};
const NONE = Object.fromEntries(Object.keys(ALL).map((name) => [name, name === 'health' ? 200 : 401]));

describe("who may use Mini-Lambda's API", { concurrency: false }, () => {
  test('programs of this machine, but no foreign pages and no strange hosts', async () => {
    await using mini = await miniHouse({});
    assert.deepEqual(await asks(mini), ALL);
    for (const headers of [
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      for (const path of ['/functions', '/metrics', '/invocations/x'])
        assert.equal((await mini.ask(path, { headers })).status, 403, path);
  });

  test('who has the token, where the daemon has one', async () => {
    await using mini = await miniHouse({ door: { tokens: oneToken('secret') } });
    assert.deepEqual(await asks(mini), NONE);
    assert.deepEqual(await asks(mini, 'wrong'), NONE);
    assert.deepEqual(await asks(mini, 'secret'), ALL);
    assert.equal((await mini.ask('/functions', { headers: { authorization: 'Bearer secret' } })).status, 200);
  });

  test('keys, as far as their scopes go', async () => {
    await using mini = await miniHouse({});
    assert.deepEqual(await asks(mini), ALL);
    const keyWith = async (...scopes: KeyScope[]): Promise<string> => {
      const { key } = await mini.house.operations.apiKeys.create({ name: scopes.join('-'), scopes });
      return key;
    };
    const [deploy, invoke, read] = [await keyWith('deploy'), await keyWith('invoke'), await keyWith('read')];
    assert.deepEqual(await asks(mini), NONE);
    const refused = Object.fromEntries(Object.keys(ALL).map((name) => [name, 403]));
    assert.deepEqual(await asks(mini, deploy), { ...refused, upload: 200, register: 200, list: 200, health: 200 });
    assert.deepEqual(await asks(mini, invoke), { ...refused, invoke: 200, later: 202, health: 200 });
    assert.deepEqual(await asks(mini, read), { ...refused, list: 200, invocations: 200, metrics: 200, health: 200 });
    const narrow = await mini.house.operations.apiKeys.create({ name: 'n', scopes: ['invoke'], functions: ['other'] });
    const headers = { 'x-api-key': narrow.key };
    const body = JSON.stringify({ event: 1 });
    assert.equal((await mini.ask('/invoke/hello', { method: 'POST', headers, body })).status, 403);
    const entries = await mini.house.operations.audit.query({});
    assert.ok(
      entries.some(
        ({ api, operation, outcome }) =>
          api === 'mini-lambda' && operation === 'versions.publish' && outcome === 'done',
      ),
    );
    assert.ok(entries.some(({ api, outcome }) => api === 'mini-lambda' && outcome === 'refused'));
  });
});
