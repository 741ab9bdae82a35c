import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiKeyDetail, CreateApiKeyAnswer, ListedApiKey, Status } from '../../src/contract/index.ts';
import { http, kill, lamSession } from './session.ts';

describe('lam key', () => {
  test('creates keys that are shown once, lists them without, revokes them', async () => {
    await using s = await lamSession({ driver: 'process' });
    const { stdout, stderr } = await s.ok(['key', 'create', 'shop']);
    assert.match(stdout, /^lam_[A-Za-z0-9_-]{43}\n$/);
    assert.match(stderr, /not shown again/);
    const trial = await s.json<CreateApiKeyAnswer>(['key', 'create', 'trial', '--days', '30']);
    assert.equal((trial.expiresAt ?? 0) - trial.createdAt, 30 * 86_400_000);
    const listed = await s.json<readonly ApiKeyDetail[]>(['key', 'list']);
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['shop', 'trial'],
    );
    assert.ok(!JSON.stringify(listed).includes(trial.key));
    assert.match((await s.ok(['key', 'list'])).stdout, /shop +lam_\S{4}\.\.\. .*never/);

    assert.match((await s.ok(['key', 'revoke', 'shop'])).stdout, /^revoked shop/);
    assert.deepEqual(
      (await s.json<readonly ApiKeyDetail[]>(['key', 'list'])).map(({ name }) => name),
      ['trial'],
    );
  });

  test('gives keys a quota, which is exact in a burst, counts over kill -9, and changes live', async () => {
    await using s = await lamSession({ driver: 'process' });
    const cwd = s.files('shop', {
      'lam.yaml': 'name: shop\nruntime: nodejs\nconcurrency: 8\nroutes:\n  - { route: GET /orders, auth: api-key }\n',
      'index.js': 'exports.handler = async () => "orders";\n',
    });
    await s.ok(['deploy'], { cwd });
    const key = (await s.ok(['key', 'create', 'shop', '--quota', '40'])).stdout.trim();
    assert.match((await s.ok(['key', 'list'])).stdout, /USED TODAY +RESETS\nshop .* never +0\/40 +in \d+ (?:h|min|s)/);
    const statuses = async (count: number): Promise<string> => {
      const answers = await Promise.all(
        Array.from({ length: count }, () =>
          http(`http://127.0.0.1:${s.port}/orders`, { headers: { 'x-api-key': key } }),
        ),
      );
      const served = answers.filter(({ status }) => status === 200).length;
      assert.equal(answers.filter(({ status }) => status === 429).length, count - served);
      return `${served} of ${count}`;
    };
    // Around midnight UTC a day of the count would end.
    const { resetsAt } = (await s.json<readonly ListedApiKey[]>(['key', 'list']))[0] as ListedApiKey;
    assert.equal(await statuses(30), '30 of 30');
    const { pid } = await s.json<Status>(['start']);
    kill(pid);
    await s.ok(['start']);
    const [listed] = await s.json<readonly ListedApiKey[]>(['key', 'list']);
    if (listed?.resetsAt === resetsAt) {
      assert.deepEqual([listed?.used, listed?.quota], [30, 40]);
      assert.equal(await statuses(64), '10 of 64');
      assert.match(
        (await s.ok(['key', 'update', 'shop', '--quota', '45'])).stdout,
        /^shop: 45 requests a day, 40 used today/,
      );
      assert.equal(await statuses(64), '5 of 64');
    }
    assert.match((await s.ok(['key', 'update', 'shop', '--quota', 'none'])).stdout, /^shop: no quota\n/);
    assert.equal(await statuses(64), '64 of 64');
    assert.equal((await s.run(['key', 'update', 'shop'])).code, 2);
    assert.equal((await s.run(['key', 'update', 'shop', '--quota', 'many'])).code, 2);
    assert.equal((await s.run(['key', 'update', 'shpo', '--quota', '1'])).code, 4);
  });

  test('refuses names that are taken, missing or malformed, with a hint', async () => {
    await using s = await lamSession({ driver: 'process' });
    await s.ok(['key', 'create', 'shop']);
    const fails = async (args: readonly string[], exitCode: number, code: string): Promise<void> => {
      const run = await s.run([...args, '--json']);
      assert.deepEqual(
        [run.code, (JSON.parse(run.stdout) as { error: { code: string } }).error.code],
        [exitCode, code],
      );
    };
    await fails(['key', 'create', 'shop'], 1, 'LAM_OPERATIONS_KEY_EXISTS');
    await fails(['key', 'revoke', 'shpo'], 4, 'LAM_OPERATIONS_KEY_NOT_FOUND');
    await fails(['key', 'create', 'my shop'], 2, 'LAM_OPERATIONS_INVALID_KEY_NAME');
    await fails(['key', 'create', 'x', '--days', '0'], 2, 'LAM_OPERATIONS_INVALID_VALUE');
    assert.match((await s.run(['key', 'revoke', 'shpo'])).stderr, /did you mean 'shop'/);
  });
});
