import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DialHome } from '../../../src/executor/index.ts';
import { systemClock } from '../../../src/kit/index.ts';

const HOOKS = { onLog: assert.fail, onProtocolError: assert.fail };

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-dial-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the place bootstraps call', () => {
  test('is refused by name where its path is too long for a socket', async () => {
    const path = `/tmp/${'x'.repeat(120)}`;
    await assert.rejects(DialHome.listen(path, systemClock), { code: 'LAM_EXECUTOR_SOCKET_PATH', details: { path, limit: 107 } });
  });

  test('says why the system refuses it', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'missing', 's');
      await assert.rejects(DialHome.listen(path, systemClock), { code: 'LAM_EXECUTOR_LISTEN_FAILED', message: /ENOENT|EACCES/ });
    }));

  test('tells who waits for a sandbox that it will not come, once that is given up or the place closes', () =>
    inFolder(async (folder) => {
      const home = await DialHome.listen(join(folder, 's'), systemClock);
      const [given, left] = [home.expect('a', HOOKS), home.expect('b', HOOKS)];
      given.cancel();
      await assert.rejects(given.connected, { code: 'LAM_EXECUTOR_CANCELLED', details: { id: 'a' } });
      await home.close();
      await assert.rejects(left.connected, { code: 'LAM_EXECUTOR_CANCELLED', details: { id: 'b' } });
      await home.close();
    }));
});
