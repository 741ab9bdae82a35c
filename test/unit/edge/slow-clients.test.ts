import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { StreamedBodyApi } from '../../../src/edge/api.ts';
import { apiServer, READER_NAMES, READERS, testApi, type ApiServer } from '../../support/api-server.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A server in virtual time, and how many bytes of requests it has read. */
interface Slow extends AsyncDisposable {
  readonly clock: VirtualClock;
  dial(): Promise<Client>;
  /** Resolves when the server has read this much in all (bytes). */
  read(bytes: number): Promise<void>;
}

/** A client that keeps what it receives. */
interface Client {
  readonly socket: Socket;
  text(): string;
  until(pattern: RegExp): Promise<void>;
}

async function slow(api = testApi({}) as Parameters<typeof apiServer>[0][number]): Promise<Slow> {
  const clock = new VirtualClock();
  const made: ApiServer = await apiServer([api], { clock });
  const sockets: Socket[] = [];
  made.server.prependListener('connection', (socket: Socket) => sockets.push(socket));
  return {
    clock,
    async dial() {
      const socket = await made.dial();
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      return {
        socket,
        text: () => text,
        async until(pattern) {
          while (!pattern.test(text) && !socket.closed) await new Promise(setImmediate);
          assert.match(text, pattern);
        },
      };
    },
    async read(bytes) {
      while (sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0) < bytes) {
        assert.ok(!sockets.some(({ destroyed }) => destroyed), 'the server has closed a connection');
        await new Promise(setImmediate);
      }
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    },
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
}

const PIECE = 21 * 1024;

for (const reader of READER_NAMES) {
  const head = (length: number): string =>
    `POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n${READERS[reader]}\r\n`;

  describe(`a body that arrives slowly, read by ${reader}`, () => {
    test('is answered 408 when it brings less than 20 KiB in 20 s, however much came before', async () => {
      await using made = await slow();
      const { socket, until } = await made.dial();
      const first = head(1_000_000) + 'x'.repeat(500_000);
      socket.write(first);
      await made.read(first.length);
      await made.clock.advance(19_000);
      assert.equal(socket.closed, false);
      for (let i = 0; i < 8; i++) {
        if (socket.writable) socket.write('x');
        await made.clock.advance(5_000);
      }
      await until(/^HTTP\/1\.1 408 /);
      if (!socket.closed) await once(socket, 'close');
    });

    test('may take an hour as long as it brings 1 KiB/s', async () => {
      await using made = await slow(testApi({ mostBodyBytes: 10_000_000 }));
      const { socket, until } = await made.dial();
      const start = head(180 * PIECE);
      socket.write(start);
      await made.read(start.length);
      for (let i = 1; i <= 180; i++) {
        await made.clock.advance(10_000);
        socket.write('x'.repeat(PIECE));
        await made.read(start.length + i * PIECE);
        await made.clock.advance(10_000);
      }
      await until(/^HTTP\/1\.1 200 /);
    });

    test('may be one of many small ones that each come in two pieces', async () => {
      await using made = await slow();
      const { socket, text, until } = await made.dial();
      const start = `${head(2)}a`;
      for (let i = 1; i <= 12; i++) {
        socket.write(start);
        await made.read(i * (start.length + 1) - 1);
        await made.clock.advance(5_000);
        socket.write('b');
        await until(new RegExp(`^(?:HTTP[^]*?/a){${i}}`));
      }
      assert.doesNotMatch(text(), /408/);
    });

    test('is answered 408 when its request was refused and its rest does not come', async () => {
      await using made = await slow(testApi({ match: () => undefined }));
      const { socket, until } = await made.dial();
      socket.write(`${head(50)}ab`);
      await until(/LAM_EDGE_NOT_FOUND/);
      await made.clock.advance(50_000);
      if (!socket.closed) await once(socket, 'close');
    });
  });
}

describe('a head', () => {
  test('is answered 408 when it is not complete after 10 s', async () => {
    await using made = await slow();
    const [late, intime] = [await made.dial(), await made.dial()];
    const part = 'GET /a HTTP/1.1\r\nHost: localhost\r\n';
    late.socket.write(part);
    intime.socket.write(part);
    await made.read(2 * part.length);
    await made.clock.advance(9_000);
    intime.socket.write('\r\n');
    await intime.until(/^HTTP\/1\.1 200 /);
    await made.clock.advance(6_000);
    await late.until(/^HTTP\/1\.1 408 /);
    if (!late.socket.closed) await once(late.socket, 'close');
    assert.equal(intime.socket.closed, false);
  });

  test('is not hurried while an earlier request of its connection is served', async () => {
    const replies: (() => void)[] = [];
    await using made = await slow(
      testApi({ serve: ({ reply }) => void replies.push(() => reply.send(200, [], Buffer.from('served'))) }),
    );
    const { socket, until } = await made.dial();
    const bytes = 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /b HTTP/1.1\r\n';
    socket.write(bytes);
    await made.read(bytes.length);
    await made.clock.advance(100_000);
    replies[0]?.();
    await until(/served/);
  });
});

test('a body that waits for lam itself is not hurried', async () => {
  let resume = (): unknown => undefined;
  const api: StreamedBodyApi<unknown> = {
    ...testApi({}),
    reads: 'stream',
    serve({ body, reply }) {
      body.on('end', () => reply.send(200, [], Buffer.from('all')));
      resume = () => body.resume();
    },
  };
  await using made = await slow(api);
  const { socket, until } = await made.dial();
  const bytes = 'POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n123';
  socket.write(bytes);
  await made.read(bytes.length);
  await made.clock.advance(100_000);
  resume();
  socket.write('456789');
  await until(/all/);
});
