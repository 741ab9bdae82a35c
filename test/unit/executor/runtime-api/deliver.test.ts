import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { telemetryTo } from '../../../../src/executor/runtime-api/telemetry/deliver.ts';

const BATCH = Buffer.from('[{"type":"function"}]');

const SOON = { deliveryMs: 1000, closingMs: 100 };
const HOUR = 3_600_000;
const LATE = { deliveryMs: HOUR, closingMs: HOUR };

interface Listener {
  readonly port: number;
  readonly closed: readonly boolean[];
}

/** Listens with `answer`, and notes of each connection whether the daemon has closed it. */
async function listener(t: TestContext, answer: (socket: Socket) => void): Promise<Listener> {
  const closed: boolean[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const at = closed.push(false) - 1;
    socket.on('error', () => undefined);
    socket.on('close', () => (closed[at] = true));
    t.after(() => socket.destroy());
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, closed };
}

/** Sends a byte every 20 ms for as long as the other side takes it. */
function trickle(socket: Socket, bytes: string): void {
  const timer = setInterval(() => socket.write(bytes), 20);
  socket.on('close', () => clearInterval(timer));
}

test('a batch is taken when its listener has answered in full', { timeout: 20_000 }, async (t) => {
  for (const [status, isTaken] of [
    [200, true],
    [503, false],
  ] as const) {
    const { port } = await listener(t, (socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nok`));
    });
    assert.equal(
      await telemetryTo('127.0.0.1', SOON)({ via: 'HTTP', host: 'sandbox', port, path: '/' }, BATCH),
      isTaken,
    );
  }
});

test('a listener whose answer never ends has one connection at a time', { timeout: 20_000 }, async (t) => {
  const { port, closed } = await listener(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      trickle(socket, '1\r\nx\r\n');
    });
  });
  assert.equal(await telemetryTo('127.0.0.1', SOON)({ via: 'HTTP', host: 'sandbox', port, path: '/' }, BATCH), true);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(closed, [true]);
});

test('a TCP listener that never closes its end is left soon', { timeout: 20_000 }, async (t) => {
  const { port, closed } = await listener(t, (socket) => trickle(socket, 'x'));
  assert.equal(await telemetryTo('127.0.0.1', SOON)({ via: 'TCP', host: 'sandbox', port }, BATCH), true);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.deepEqual(closed, [true]);
});

test('a TCP listener that is not there takes nothing', { timeout: 20_000 }, async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  assert.equal(await telemetryTo('127.0.0.1', LATE)({ via: 'TCP', host: 'sandbox', port }, BATCH), false);
});

test('a delivery lasts as long as its connection, and ends when it is unwanted', { timeout: 20_000 }, async (t) => {
  for (const [via, isTaken] of [
    ['HTTP', false],
    ['TCP', true],
  ] as const) {
    const received = Promise.withResolvers<void>();
    const { port } = await listener(t, (socket) => {
      let text = '';
      socket.on('data', (bytes) => {
        text += String(bytes);
        if (text.endsWith(String(BATCH))) received.resolve();
      });
    });
    const unwanted = new AbortController();
    let isOver = false;
    const delivery = telemetryTo('127.0.0.1', LATE)({ via, host: 'sandbox', port, path: '/' }, BATCH, unwanted.signal);
    void delivery.then(() => (isOver = true));
    await received.promise;
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.equal(isOver, false);
    unwanted.abort();
    assert.equal(await delivery, isTaken);
  }
});
