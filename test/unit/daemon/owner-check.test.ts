import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { ownerCheck } from '../../../src/daemon/owner-check.ts';

/** Whether the machine has its own address of IPv6. */
const hasV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1') === true);
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

  test('is told over IPv6, too', { skip: hasV6 ? false : 'there is no IPv6 here' }, async () => {
    const ofV6 = createServer();
    ofV6.listen(0, '::1');
    await once(ofV6, 'listening');
    const to = (ofV6.address() as AddressInfo).port;
    const accepted = once(ofV6, 'connection') as Promise<[Socket]>;
    const client = connect(to, '::1');
    const [socket] = await accepted;
    assert.equal(await isOwner(socket), true);
    socket.destroy();
    client.destroy();
    if (isRoot) {
      const other = once(ofV6, 'connection') as Promise<[Socket]>;
      const child = spawn('/bin/bash', ['-c', `exec 3<>/dev/tcp/::1/${to}; sleep 60`], {
        uid: NOBODY,
        stdio: 'ignore',
      });
      const [stranger] = await other;
      assert.equal(await isOwner(stranger), false);
      stranger.destroy();
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    ofV6.close();
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
