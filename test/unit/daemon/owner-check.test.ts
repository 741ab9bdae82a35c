import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ownerCheck } from '../../../src/daemon/owner-check.ts';

const isRoot = process.getuid?.() === 0;
/** A user that this process is not. */
const NOBODY = 65_534;

describe('whose program made a connection', { skip: process.platform !== 'linux' }, () => {
  const server = createServer();
  const isOwner = ownerCheck();
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());
  const port = (): number => (server.address() as AddressInfo).port;

  test('is the own user for a program of this process', async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect(port(), '127.0.0.1');
    const [socket] = await accepted;
    assert.equal(await isOwner(socket), true);
    socket.destroy();
    client.destroy();
  });

  test(
    'is another one for a program of another user',
    { skip: isRoot ? false : 'only root starts those' },
    async () => {
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const script = `exec 3<>/dev/tcp/127.0.0.1/${port()}; sleep 60`;
      const child = spawn('/bin/bash', ['-c', script], { uid: NOBODY, stdio: 'ignore' });
      try {
        const [socket] = await accepted;
        assert.equal(await isOwner(socket), false);
        socket.destroy();
      } finally {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
    },
  );
});
