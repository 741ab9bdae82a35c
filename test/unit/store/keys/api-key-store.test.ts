import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isApiKeyName, type ApiKeyDetail } from '../../../../src/contract/index.ts';
import { isLamError } from '../../../../src/errors/index.ts';
import { ApiKeyStore, type NewApiKey } from '../../../../src/store/keys/api-key-store.ts';

/** What a key is made of. */
function made(name: string): NewApiKey {
  assert.ok(isApiKeyName(name));
  return {
    name,
    id: `id-${name}`,
    prefix: 'lam_abcd',
    createdAt: 5,
    expiresAt: null,
    by: 'a@b',
    quota: null,
    scopes: [],
    functions: [],
    aws: false,
  };
}

/** A key as it is shown. */
function detail(name: string): ApiKeyDetail {
  const { aws: _, ...rest } = made(name);
  return { ...rest, role: null, accessKeyId: null };
}

describe('the API keys', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-keys-'));
    path = join(folder, 'keys.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('are known by their text, over restarts, until they are removed', async () => {
    const keys = await ApiKeyStore.open(path);
    assert.deepEqual([keys.list(), keys.identify('lam_a')], [[], undefined]);
    assert.ok(await keys.add(made('b'), 'lam_b'));
    assert.ok(await keys.add(made('a'), 'lam_a'));
    assert.equal(await keys.add(made('a'), 'lam_other'), false, 'the name is taken');
    const again = await ApiKeyStore.open(path);
    assert.deepEqual(
      again.list().map(({ name }) => name),
      ['a', 'b'],
    );
    assert.deepEqual(again.identify('lam_a'), detail('a'));
    for (const other of ['lam_other', 'lam_', '', 'lam_A']) assert.equal(again.identify(other), undefined);
    const { name } = detail('a');
    assert.deepEqual(await again.remove(name), detail('a'));
    assert.equal(await again.remove(name), undefined);
    assert.equal(again.identify('lam_a'), undefined);
    assert.equal((await ApiKeyStore.open(path)).identify('lam_a'), undefined);
  });

  test('have a quota that can be changed; those of earlier versions have none', async () => {
    const { quota: _, ...old } = detail('a');
    writeFileSync(path, JSON.stringify({ schema: 1, keys: [{ ...old, hash: '0'.repeat(64) }] }));
    const keys = await ApiKeyStore.open(path);
    assert.deepEqual(keys.list(), [detail('a')]);
    assert.deepEqual(await keys.change(detail('a').name, { quota: 5 }), { ...detail('a'), quota: 5 });
    assert.equal(await keys.change(detail('b').name, { quota: 5 }), undefined);
    await keys.add(made('b'), 'lam_b');
    await keys.change(detail('b').name, { quota: 7 });
    assert.equal(keys.identify('lam_b')?.quota, 7, 'at once');
    const again = await ApiKeyStore.open(path);
    assert.deepEqual(
      again.list().map(({ quota }) => quota),
      [5, 7],
    );
    assert.deepEqual([...again.ids()], ['id-a', 'id-b']);
  });

  test('have scopes and functions; roles of earlier versions become scopes, and such keys sign nothing', async () => {
    const { scopes: _, functions: __, aws: ___, ...old } = made('a');
    writeFileSync(path, JSON.stringify({ schema: 1, keys: [{ ...old, role: 'deployer', hash: '0'.repeat(64) }] }));
    const keys = await ApiKeyStore.open(path);
    const scopes = ['invoke', 'deploy', 'read'] as const;
    assert.deepEqual(keys.list(), [{ ...detail('a'), scopes, role: 'deployer' }]);
    assert.deepEqual([keys.hasScopes, keys.hasSigning], [true, false]);
    await keys.add({ ...made('b'), scopes: ['read'], functions: ['orders-*'], aws: true }, 'lam_b');
    const again = await ApiKeyStore.open(path);
    const b = again.identify('lam_b');
    assert.deepEqual([b?.scopes, b?.functions, b?.role], [['read'], ['orders-*'], 'viewer']);
    assert.match(b?.accessKeyId ?? '', /^AKIALAM[A-Z2-7]{13}$/);
    assert.equal(again.byAccessKey(b?.accessKeyId ?? ''), b);
    assert.deepEqual(again.list()[0]?.scopes, scopes, 'migrated for good');
    assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { schema: number }).schema, 2);
    for (const bad of [{ scopes: ['king'] }, { functions: ['a b'] }, { aws: 1 }, { role: 'king' }]) {
      writeFileSync(path, JSON.stringify({ schema: 2, keys: [{ ...made('a'), hash: '0'.repeat(64), ...bad }] }));
      await assert.rejects(ApiKeyStore.open(path), (error) => isLamError(error) && error.code === 'LAM_STORE_CORRUPT');
    }
  });

  test('are stored as hashes, in a file of the owner alone', async () => {
    const keys = await ApiKeyStore.open(path);
    await keys.add(made('a'), 'lam_secret');
    assert.doesNotMatch(readFileSync(path, 'utf8'), /lam_secret/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('concurrent changes are all kept', async () => {
    const keys = await ApiKeyStore.open(path);
    await Promise.all(Array.from({ length: 20 }, (_, n) => keys.add(made(`k${n}`), `lam_${n}`)));
    await keys.settled();
    assert.equal((await ApiKeyStore.open(path)).list().length, 20);
  });

  for (const [what, text] of [
    ['no JSON', '{'],
    ['no list', '{"schema":1}'],
    ['an entry without a hash', JSON.stringify({ schema: 1, keys: [detail('a')] })],
  ] as const)
    test(`a file with ${what} is reported and kept`, async () => {
      writeFileSync(path, text);
      await assert.rejects(ApiKeyStore.open(path), (error) => isLamError(error) && error.code === 'LAM_STORE_CORRUPT');
      assert.equal(readdirSync(folder).length, 2);
      assert.equal(readFileSync(path, 'utf8'), text);
    });

  test('a file of a newer lam is not touched', async () => {
    writeFileSync(path, '{"schema":3,"keys":[]}');
    await assert.rejects(ApiKeyStore.open(path), (error) => isLamError(error) && error.code === 'LAM_STORE_NEWER');
  });
});
