import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LamClient } from '../../src/client/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { zipOf } from '../unit/store/support.ts';
import { eventually, isRunning, kill, lamSession } from './session.ts';

const ZIP = zipOf([{ name: 'index.js', content: 'exports.handler = async () => 1;' }]);

test(
  'a change with a key is made once, also by the daemon after one that was stopped or killed',
  { timeout: 60_000 },
  async () => {
    await using s = await lamSession();
    await s.ok(['start']);
    const lam = new LamClient({ home: s.home });
    await lam.deploy('hello', { zip: ZIP, config: { runtime: 'nodejs' } });
    const change = (idempotencyKey: string, memoryMiB: number): ReturnType<LamClient['config']['patch']> =>
      lam.config.patch('hello', { set: { memoryMiB } }, { idempotencyKey });

    const stopped = await change('before-a-stop', 256);
    await s.ok(['restart']);
    assert.deepEqual(await change('before-a-stop', 256), stopped);
    await assert.rejects(change('before-a-stop', 512), { code: 'LAM_EDGE_IDEMPOTENCY_MISMATCH' });

    const killed = await change('before-a-kill', 320);
    const { pid } = await lam.daemon.status();
    kill(pid);
    assert.ok(await eventually(() => !isRunning(pid)));
    await s.ok(['start']);
    // Its answer may be lost with the daemon, but not that it was made.
    const again = await change('before-a-kill', 320).catch((error: unknown) => {
      if (isLamError(error) && error.code === 'LAM_EDGE_IDEMPOTENCY_UNKNOWN') return killed;
      throw error;
    });
    assert.deepEqual(again, killed);
    assert.deepEqual(
      (await lam.versions.list('hello')).map(({ version }) => version),
      [3, 2, 1],
    );
  },
);
