import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isApiKeyName, type ApiKeyDetail } from '../../../../src/contract/index.ts';
import { isLamError } from '../../../../src/errors/index.ts';
import { systemClock } from '../../../../src/kit/index.ts';
import { openStore } from '../../../../src/store/index.ts';
import { ApiKeyStore } from '../../../../src/store/keys/api-key-store.ts';
import { AwsCredentials } from '../../../../src/store/keys/aws-credentials.ts';
import { MasterSecret } from '../../../../src/store/keys/master-secret.ts';

describe('the credentials of AWS’s clients', () => {
  let folder = '';
  let keys: ApiKeyStore;
  let master: MasterSecret;
  const path = (name: string): string => join(folder, name);
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lam-credentials-'));
    keys = await ApiKeyStore.open(path('keys.json'));
    master = await MasterSecret.open(path('master-secret'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const add = async (name: string, expiresAt: number | null = null, aws = true): Promise<ApiKeyDetail> => {
    assert.ok(isApiKeyName(name));
    const scopes = ['invoke'] as const;
    const made = {
      name,
      id: `id-${name}`,
      prefix: 'lam_',
      createdAt: 0,
      expiresAt,
      by: '',
      quota: null,
      scopes,
      functions: [],
      aws,
    };
    assert.ok(await keys.add(made, `lam_${name}`));
    return keys.byId(made.id) as ApiKeyDetail;
  };

  test('are derived, the same over restarts, others for each key, and stored nowhere', async () => {
    await master.make();
    const [a, b] = [await add('a'), await add('b')];
    const credentials = new AwsCredentials(keys, master);
    const secret = credentials.secretOf(a);
    assert.match(secret ?? '', /^[A-Za-z0-9_-]{40}$/);
    assert.notEqual(secret, credentials.secretOf(b));
    const again = new AwsCredentials(
      await ApiKeyStore.open(path('keys.json')),
      await MasterSecret.open(path('master-secret')),
    );
    assert.deepEqual(again.find(a.accessKeyId ?? '', undefined, 1), { key: a, secretAccessKey: secret });
    assert.equal(credentials.secretOf(await add('c', null, false)), null);
    for (const name of ['keys.json', 'master-secret']) {
      assert.ok(!readFileSync(path(name), 'utf8').includes(secret ?? '?'));
      assert.equal(statSync(path(name)).mode & 0o777, 0o600);
    }
  });

  test('are unknown without a key, and expire with it', async () => {
    const credentials = new AwsCredentials(keys, master);
    assert.equal(credentials.find('AKIALAMAAAAAAAAAAAAA', undefined, 1), 'unknown');
    await master.make();
    const key = await add('a', 1000);
    const id = key.accessKeyId ?? '';
    assert.equal(credentials.find('AKIALAMAAAAAAAAAAAAA', undefined, 1), 'unknown');
    assert.notEqual(credentials.find(id, undefined, 999), 'expired');
    assert.equal(credentials.find(id, undefined, 1000), 'expired');
    await keys.remove(key.name);
    assert.equal(credentials.find(id, undefined, 1), 'unknown');
  });

  test('of a session count with its token alone, until it or its key ends', async () => {
    await master.make();
    const [key, other] = [await add('a', 5000), await add('b')];
    const credentials = new AwsCredentials(keys, master);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials.session(key, 2000);
    assert.deepEqual(credentials.find(accessKeyId, sessionToken, 1), { key, secretAccessKey });
    assert.equal(credentials.find(accessKeyId, sessionToken, 2000), 'expired');
    const second = credentials.session(other, 2000);
    const [text = '', mac = ''] = sessionToken.split('.');
    const forged = Buffer.from(JSON.stringify({ accessKeyId, keyId: other.id, expiresAt: 9e9 })).toString('base64url');
    for (const wrong of [undefined, '', 'x', second.sessionToken, `${text}.`, `${forged}.${mac}`, `${text}x.${mac}`])
      assert.equal(credentials.find(accessKeyId, wrong, 1), 'unknown', String(wrong));
    assert.equal(credentials.find(key.accessKeyId ?? '', sessionToken, 1), 'unknown', 'a lasting key has no token');
    await keys.remove(key.name);
    assert.equal(credentials.find(accessKeyId, sessionToken, 1), 'unknown');
  });

  test('come from one secret, however many ask for it at once; a damaged file of it is reported', async () => {
    await Promise.all(Array.from({ length: 5 }, () => master.make()));
    const kept = await MasterSecret.open(path('master-secret'));
    assert.deepEqual(kept.derive('p', 't'), master.derive('p', 't'));
    assert.notDeepEqual(kept.derive('p', 't'), kept.derive('q', 't'));
    writeFileSync(path('master-secret'), 'short');
    await assert.rejects(
      MasterSecret.open(path('master-secret')),
      (error) => isLamError(error) && error.code === 'LAM_STORE_CORRUPT',
    );
  });

  test('are void, and the daemon says so, once the secret is lost', async () => {
    const home = path('home');
    const troubles: string[] = [];
    const opened = (): ReturnType<typeof openStore> =>
      openStore(home, { clock: systemClock, onTrouble: (what) => troubles.push(what) });
    const store = await opened();
    await store.masterSecret.make();
    keys = store.apiKeys;
    const key = await add('a');
    const before = store.awsCredentials.secretOf(key);
    await store.close();
    rmSync(store.paths.masterSecret);
    const again = await opened();
    assert.match(troubles.join(), /master-secret' is gone/);
    assert.notEqual(again.awsCredentials.secretOf(key), before);
    assert.equal(again.apiKeys.identify('lam_a')?.name, 'a');
    await again.close();
  });
});
