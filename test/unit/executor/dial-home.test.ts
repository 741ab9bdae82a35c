import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DialHome } from '../../../src/executor/index.ts';
import { encodeFrame, FRAME } from '../../../src/executor/frames.ts';
import { sleep, systemClock } from '../../../src/kit/index.ts';
import { asSandboxId } from '../../support/ids.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { hello, INIT } from './session-pair.ts';
import { CLOSED, ifCode } from '../../support/if-code.ts';

const HOOKS = { onLog: assert.fail, onProtocolError: assert.fail };

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-dial-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Codes of connections that a listener closes, does not take in time, or that find none. */
const TURNED_AWAY = [...CLOSED, 'EAGAIN', 'ECONNREFUSED', 'ENOENT'];

/** Opens `count` connections that read and say nothing. */
function strangers(path: string, count: number): Socket[] {
  return Array.from({ length: count }, () => connect(path).on('error', ifCode(TURNED_AWAY, undefined)).resume());
}

const isOpen = (socket: Socket): boolean => !socket.connecting && socket.readyState === 'open';
const aMoment = (): Promise<void> => sleep(50);

describe('the dial-home listener', () => {
  test('reports a path that is too long for a socket', async () => {
    const path = `/tmp/${'x'.repeat(120)}`;
    await assert.rejects(new DialHome(systemClock).expect({ id: asSandboxId('a'), path, hooks: HOOKS }), {
      code: 'LAM_EXECUTOR_SOCKET_PATH',
      details: { path, limit: 107 },
    });
  });

  test('reports why the system refuses it', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'missing', 's');
      await assert.rejects(new DialHome(systemClock).expect({ id: asSandboxId('a'), path, hooks: HOOKS }), {
        code: 'LAM_EXECUTOR_LISTEN_FAILED',
        message: /ENOENT|EACCES/,
      });
    }));

  test('rejects a pending sandbox after cancel or close, and removes its socket', () =>
    inFolder(async (folder) => {
      const home = new DialHome(systemClock);
      const given = await home.expect({ id: asSandboxId('a'), path: join(folder, 'a'), hooks: HOOKS });
      const left = await home.expect({ id: asSandboxId('b'), path: join(folder, 'b'), hooks: HOOKS });
      assert.deepEqual((await readdir(folder)).toSorted(), ['a', 'b']);
      given.cancel();
      await assert.rejects(given.connected, { code: 'LAM_EXECUTOR_CANCELLED', details: { id: asSandboxId('a') } });
      home.close();
      await assert.rejects(left.connected, { code: 'LAM_EXECUTOR_CANCELLED', details: { id: asSandboxId('b') } });
      home.close();
      assert.deepEqual(await readdir(folder), []);
    }));

  test('closes a connection without a token in time, and keeps one with a token open for hours', () =>
    inFolder(async (folder) => {
      const clock = new VirtualClock();
      const home = new DialHome(clock);
      const expected = await home.expect({ id: asSandboxId('a'), path: join(folder, 'a'), hooks: HOOKS });
      const [silent] = strangers(expected.path, 1);
      assert.ok(silent !== undefined);
      await once(silent, 'connect');
      while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
      const closed = once(silent, 'close');
      await clock.advance(2010);
      await closed;
      const stem = connect(expected.path);
      stem.write(hello(expected.token));
      const session = await expected.connected;
      await clock.advance(4 * 3_600_000);
      const ready = session.init(INIT, 1000);
      stem.write(encodeFrame(FRAME.ready, 0, '{"durationMs":5}'));
      assert.deepEqual(await ready, { kind: 'ready', durationMs: 5 });
      home.close();
    }));

  test('holds few connections without a token, closes the oldest first, and still lets the sandbox in', () =>
    inFolder(async (folder) => {
      const home = new DialHome(systemClock);
      const expected = await home.expect({ id: asSandboxId('a'), path: join(folder, 'a'), hooks: HOOKS });
      const others: Socket[] = [];
      for (let i = 0; i < 20; i++) {
        const [one] = strangers(expected.path, 1);
        assert.ok(one !== undefined);
        await once(one, 'connect');
        others.push(one);
      }
      await aMoment();
      const wanted = [...Array.from({ length: 16 }, () => false), ...Array.from({ length: 4 }, () => true)];
      assert.deepEqual(others.map(isOpen), wanted);
      const sandbox = connect(expected.path);
      sandbox.write(hello(expected.token));
      const session = await expected.connected;
      await aMoment();
      assert.deepEqual(others.filter(isOpen), [], 'closed together with the socket');
      session.close();
      home.close();
    }));

  test('accepts nothing after the sandbox has dialled', () =>
    inFolder(async (folder) => {
      const home = new DialHome(systemClock);
      const expected = await home.expect({ id: asSandboxId('a'), path: join(folder, 'a'), hooks: HOOKS });
      const sandbox = connect(expected.path);
      sandbox.write(hello(expected.token));
      const session = await expected.connected;
      assert.deepEqual(await readdir(folder), []);
      const again = strangers(expected.path, 100);
      await aMoment();
      assert.deepEqual(again.filter(isOpen), []);
      session.close();
      home.close();
    }));

  test('accepts nothing after very many connections, while another sandbox dials', () =>
    inFolder(async (folder) => {
      const home = new DialHome(systemClock);
      const flooded = await home.expect({ id: asSandboxId('a'), path: join(folder, 'a'), hooks: HOOKS });
      const other = await home.expect({ id: asSandboxId('b'), path: join(folder, 'b'), hooks: HOOKS });
      const flood: Socket[] = [];
      for (let i = 0; i < 1000; i++) {
        flood.push(...strangers(flooded.path, 2));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const sandbox = connect(other.path);
      sandbox.write(hello(other.token));
      (await other.connected).close();
      await aMoment();
      const open = flood.filter(isOpen);
      assert.ok(open.length <= 4, `${open.length} of ${flood.length} are open`);
      assert.deepEqual(await readdir(folder), []);
      home.close();
    }));
});
