import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isLoopbackAddress, listenOnPort, listenOnSocket } from '../../../src/daemon/listen.ts';

describe('listening on a port', () => {
  test('uses any free port for 0, and names the process that uses a taken one', async () => {
    const first = createServer();
    const port = await listenOnPort(first, '127.0.0.1', 0);
    try {
      assert.ok(port > 0);
      await assert.rejects(
        listenOnPort(createServer(), '127.0.0.1', port),
        (error: { code?: string; details?: { pid?: number } }) => {
          assert.equal(error.code, 'LAM_DAEMON_PORT_TAKEN');
          if (process.platform === 'linux') assert.equal(error.details?.pid, process.pid);
          return true;
        },
      );
    } finally {
      await new Promise((resolve) => first.close(resolve));
    }
  });

  test('reports an address that is not of this machine', async () => {
    // 192.0.2.0/24 is for documentation (RFC 5737); no machine has it.
    await assert.rejects(listenOnPort(createServer(), '192.0.2.1', 0), {
      code: 'LAM_DAEMON_LISTEN_FAILED',
      details: { host: '192.0.2.1', port: 0, why: 'EADDRNOTAVAIL' },
    });
  });

  test('knows which addresses only this machine reaches', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1'])
      assert.equal(isLoopbackAddress(host), true, host);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.example']) {
      assert.equal(isLoopbackAddress(host), false, host);
    }
  });
});

describe('listening on the control socket', () => {
  test('replaces a leftover file, and allows only the owner to connect', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-listen-'));
    const path = join(folder, 'socket');
    const server = createServer();
    try {
      await writeFile(path, '');
      await listenOnSocket(server, path);
      const found = await stat(path);
      assert.deepEqual([found.isSocket(), (found.mode & 0o777).toString(8)], [true, '600']);
    } finally {
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    }
  });
});
