import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiKeyDetail, CreateApiKeyAnswer } from '../../src/contract/index.ts';
import { lamSession } from './session.ts';

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
