import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DialHome } from '../../../src/executor/index.ts';
import { encodeFrame, FRAME } from '../../../src/executor/frames.ts';
import { systemClock } from '../../../src/kit/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { hello, INIT } from './session-pair.ts';
import { asSandboxId } from '../../support/ids.ts';

const HOOKS = { onLog: assert.fail, onProtocolError: assert.fail };

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-dial-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the dial-home listener', () => {
  test('reports a path that is too long for a socket', async () => {
    const path = `/tmp/${'x'.repeat(120)}`;
    await assert.rejects(DialHome.listen(path, systemClock), {
      code: 'LAM_EXECUTOR_SOCKET_PATH',
      details: { path, limit: 107 },
    });
  });

  test('reports why the system refuses it', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'missing', 's');
      await assert.rejects(DialHome.listen(path, systemClock), {
        code: 'LAM_EXECUTOR_LISTEN_FAILED',
        message: /ENOENT|EACCES/,
      });
    }));

  test('rejects a pending sandbox after cancel or close', () =>
    inFolder(async (folder) => {
      const home = await DialHome.listen(join(folder, 's'), systemClock);
      const [given, left] = [home.expect(asSandboxId('a'), HOOKS), home.expect(asSandboxId('b'), HOOKS)];
      given.cancel();
      await assert.rejects(given.connected, { code: 'LAM_EXECUTOR_CANCELLED', details: { id: 'a' } });
      await home.close();
      await assert.rejects(left.connected, { code: 'LAM_EXECUTOR_CANCELLED', details: { id: 'b' } });
      await home.close();
    }));

  test('closes a connection without a token in time, and keeps one with a token open for hours', () =>
    inFolder(async (folder) => {
      const clock = new VirtualClock();
      const home = await DialHome.listen(join(folder, 's'), clock);
      const stem = connect(home.path);
      const expected = home.expect(asSandboxId('a'), HOOKS);
      stem.write(hello(expected.token));
      const session = await expected.connected;
      const silent = connect(home.path).resume();
      const accepted = once(silent, 'connect');
      await accepted;
      while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
      const closed = once(silent, 'close');
      await clock.advance(4 * 3_600_000);
      await closed;
      const ready = session.init(INIT, 1000);
      stem.write(encodeFrame(FRAME.ready, 0, '{"durationMs":5}'));
      assert.deepEqual(await ready, { kind: 'ready', durationMs: 5 });
      await home.close();
    }));
});
