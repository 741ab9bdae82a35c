import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { Callers } from '../../../../src/driver/process/callers/admission.ts';
import { sessionIn } from '../../../../src/driver/process/callers/members.ts';
import { callerIn, callerKey } from '../../../../src/driver/process/callers/tcp-table.ts';
import type { TcpConnection } from '../../../../src/executor/index.ts';

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;
const callers = new Callers();
const server = createServer({ pauseOnConnect: true });
const address = (): string => {
  const at = server.address();
  assert.ok(at !== null && typeof at === 'object');
  return `${at.address}/${at.port}`;
};

/** Opens the connection of `$1/$2` and keeps it for a minute. */
const HOLD = `exec 3<>/dev/tcp/$1/$2; sleep 60`;

/** Ends of an accepted connection. */
function endsOf(socket: Socket): TcpConnection {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
  return { local: { address: localAddress, port: localPort }, remote: { address: remoteAddress, port: remotePort } };
}

/** Runs a bash script with the server's address in `$1` and `$2`; returns its pid and the connection it caused. */
async function connecting(
  script: string,
  options: { readonly uid?: number } = {},
): Promise<{ readonly pid: number; readonly connection: TcpConnection } & Disposable> {
  const [host = '', port = ''] = address().split('/');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const child = spawn('/bin/bash', ['-c', script, 'bash', host, port], { detached: true, stdio: 'ignore', ...options });
  const { pid } = child;
  assert.ok(pid !== undefined);
  const [socket] = await accepted;
  return {
    pid,
    connection: endsOf(socket),
    [Symbol.dispose]: () => {
      socket.destroy();
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    },
  };
}

const admits = (pid: number, connection: TcpConnection): Promise<boolean> =>
  callers.admissionOf({ cgroup: undefined, user: undefined, pid })(connection);

describe('the connections of a sandbox', { skip: !isLinux }, () => {
  before(async () => {
    server.listen(0, '127.77.3.9');
    await once(server, 'listening');
  });
  after(() => void server.close());

  for (const [who, script] of [
    ['its first process', HOLD],
    ['a child of it', `bash -c '${HOLD}' bash $1 $2; true`],
    ['a grandchild in a session of its own', `bash -c "setsid --wait bash -c '${HOLD}' bash $1 $2; true"; true`],
    ['an orphan of its session', `(bash -c '${HOLD}' bash $1 $2 &); sleep 60`],
  ] as const) {
    test(`are those of ${who}`, async () => {
      using made = await connecting(script);
      assert.equal(await admits(made.pid, made.connection), true);
    });
  }

  test('are not those of another process of the same user', async () => {
    using own = await connecting(HOLD);
    using other = await connecting(HOLD);
    assert.equal(await admits(own.pid, other.connection), false);
    assert.equal(await admits(own.pid, own.connection), true);
  });

  test('are not those of another user', { skip: !isRoot }, async () => {
    using own = await connecting(HOLD);
    using other = await connecting(HOLD, { uid: 65_534 });
    assert.equal(await admits(own.pid, other.connection), false);
  });

  test('are those of its own user alone, if it has one', { skip: !isRoot }, async () => {
    const admit = callers.admissionOf({ cgroup: undefined, user: 65_533, pid: undefined });
    using own = await connecting(HOLD, { uid: 65_533 });
    using other = await connecting(HOLD, { uid: 65_534 });
    assert.deepEqual(await Promise.all([own, other].map((made) => admit(made.connection))), [true, false]);
  });

  test('are those of the members of its control group, and of no descendant that is none', async () => {
    using made = await connecting(`bash -c '${HOLD}' bash $1 $2; true`);
    const admit = (members: readonly number[]): Promise<boolean> =>
      callers.admissionOf({ cgroup: { members: () => members }, user: undefined, pid: made.pid })(made.connection);
    assert.equal(await admit([made.pid]), false);
    assert.equal(await admit([process.pid]), false);
  });

  test('are not those of a client that has gone, nor any before there is a process', async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const [host = '', port = ''] = address().split('/');
    const client = connect(Number(port), host);
    const [socket] = await accepted;
    const ends = endsOf(socket);
    assert.equal(await callers.admissionOf({ cgroup: undefined, user: undefined, pid: undefined })(ends), false);
    assert.equal(await admits(process.pid, ends), true);
    client.destroy();
    await once(client, 'close');
    assert.equal(await admits(process.pid, ends), false);
    socket.destroy();
  });

  test('may come over an IPv4-mapped address', async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const [host = '', port = ''] = address().split('/');
    const client = connect({ port: Number(port), host: `::ffff:${host}`, family: 6 });
    const [socket] = await accepted;
    assert.equal(await admits(process.pid, endsOf(socket)), true);
    client.destroy();
    socket.destroy();
  });

  test('are told apart when many arrive at once', async () => {
    const [host = '', port = ''] = address().split('/');
    using own = await connecting(HOLD);
    const sockets: Socket[] = [];
    const collect = (socket: Socket): void => void sockets.push(socket);
    server.on('connection', collect);
    const clients = Array.from({ length: 200 }, () => connect(Number(port), host));
    await Promise.all(clients.map((client) => once(client, 'connect')));
    while (sockets.length < clients.length) await once(server, 'connection');
    server.off('connection', collect);
    const answers = await Promise.all(
      [...sockets.map(endsOf), own.connection].map(
        callers.admissionOf({ cgroup: undefined, user: undefined, pid: own.pid }),
      ),
    );
    assert.deepEqual(
      answers.map((isOwn, at) => (isOwn ? at : -1)).filter((at) => at !== -1),
      [200],
    );
    for (const socket of [...clients, ...sockets]) socket.destroy();
  });
});

test(
  'the row of a caller is found by both addresses, and one without an owner is passed over',
  { skip: !isLinux },
  () => {
    const end = (address: string, port: number): TcpConnection['local'] => ({ address, port });
    const key = callerKey({ local: end('127.64.0.1', 9001), remote: end('127.0.0.1', 43_210) });
    const [local, remote] = key.split(' ');
    const row = (from: string, uid: number, inode: number): string =>
      `   0: ${from} ${remote} 01 00000000:00000000 00:00000000 00000000 ${uid}        0 ${inode} 1 0000 20 4 30 10 -1\n`;
    const rows = `  sl  local_address rem_address\n${row(`${local?.slice(0, -1)}0`, 1, 1)}${row(local ?? '', 0, 0)}${row(local ?? '', 65_534, 77)}`;
    assert.deepEqual(callerIn(rows, key, ''), { uid: 65_534, inode: 77 });
    assert.equal(callerIn(rows, key, 'FFFF'), undefined);
    assert.equal(callerIn('', key, ''), undefined);
  },
);

test('the session of a process is read behind a name with brackets', () => {
  assert.equal(sessionIn('12 (a) b) S 1 12 34 0 -1'), 34);
  assert.equal(sessionIn(''), undefined);
});
