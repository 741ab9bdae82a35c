import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { refusal, type TokenStore } from '../../../src/edge/guard.ts';
import { lamError } from '../../../src/errors/index.ts';
import type { Reply } from '../../../src/http/index.ts';
import { apiServer, READER_NAMES, READERS, testApi } from '../../support/api-server.ts';

/** Resolves once the server has read nothing for a while. */
async function untilResting(socket: Socket | undefined): Promise<void> {
  for (let read = -1; read !== socket?.bytesRead;) {
    read = socket?.bytesRead ?? 0;
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  }
}

for (const reader of READER_NAMES)
  describe(`an API behind ${reader}, for a client that repeats the same head`, () => {
    const request = (path: string, body = 'body'): string =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer key\r\nContent-Length: ${body.length}\r\n${READERS[reader]}\r\n${body}`;

    test('refuses the next request once its key is revoked, and serves again once it is back', async () => {
      const keys = new Set(['key']);
      const tokens: TokenStore = { isRequired: true, accepts: (given) => keys.has(given) };
      const served: string[] = [];
      await using made = await apiServer([
        testApi({
          authorize: (head) => refusal({ kind: 'port', tokens, open: true }, head, 'invoke'),
          serve({ body, reply }) {
            served.push(Buffer.from(body).toString());
            reply.send(200, [], Buffer.from('served'));
          },
        }),
      ]);
      const socket = await made.dial();
      const ask = async (): Promise<string> => {
        socket.write(request('/a'));
        return ((await once(socket, 'data')) as [Buffer])[0].toString();
      };
      assert.match(await ask(), /^HTTP\/1\.1 200 .*served$/s);
      assert.match(await ask(), /^HTTP\/1\.1 200 /);
      keys.delete('key');
      assert.match(await ask(), /^HTTP\/1\.1 403 .*LAM_EDGE_TOKEN_NEEDED$/s);
      assert.match(await ask(), /^HTTP\/1\.1 403 /);
      keys.add('key');
      assert.match(await ask(), /^HTTP\/1\.1 200 .*served$/s);
      assert.deepEqual(served, ['body', 'body', 'body']);
    });

    test('authorizes each request once, so that a rate limit counts correctly', async () => {
      let left = 3;
      await using made = await apiServer([
        testApi({
          authorize: () =>
            left-- > 0 ? undefined : lamError('LAM_POOL_THROTTLED', { name: 'a', maxConcurrency: 1, maxQueue: 0 }),
        }),
      ]);
      const socket = await made.dial();
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.write(request('/a').repeat(5));
      const statuses = (): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((m) => m[1] ?? '');
      while (statuses().length < 5) await once(socket, 'data');
      assert.deepEqual(statuses(), ['200', '200', '200', '429', '429']);
    });

    test('skips the body of a refused request, however it is split, and serves the next request', async () => {
      const served: string[] = [];
      await using made = await apiServer([
        testApi({
          authorize: ({ path }) => (path === '/no' ? lamError('LAM_EDGE_TOKEN_NEEDED', {}) : undefined),
          serve({ body, reply }) {
            served.push(Buffer.from(body).toString());
            reply.send(200, [], Buffer.from('served'));
          },
        }),
      ]);
      const socket = await made.dial();
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const refused = request('/no', 'POST /a HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const bytes = refused + request('/a', 'one') + refused + request('/a', 'two');
      for (let at = 0; at < bytes.length; at += 37) {
        socket.write(bytes.slice(at, at + 37));
        await new Promise(setImmediate);
      }
      while ([...text.matchAll(/served/g)].length < 2) await once(socket, 'data');
      assert.deepEqual(served, ['one', 'two']);
    });

    test('is matched again after a change of its generation', async () => {
      let claimed = false;
      let generation = 0;
      const early = testApi({
        name: 'early',
        generation: () => generation,
        match: () => (claimed ? 'early' : undefined),
      });
      await using made = await apiServer([early, testApi({ name: 'late', match: () => 'late' })]);
      const socket = await made.dial();
      const ask = async (): Promise<string> => {
        socket.write(request('/a'));
        return ((await once(socket, 'data')) as [Buffer])[0].toString();
      };
      assert.match(await ask(), /late$/);
      claimed = true;
      generation++;
      assert.match(await ask(), /early$/);
      assert.match(await ask(), /early$/);
    });

    test('answers an exception of serve by its fail', async () => {
      await using made = await apiServer([
        testApi({
          serve() {
            throw lamError('LAM_EDGE_BAD_NAME', { name: 'x' });
          },
        }),
      ]);
      const socket = await made.dial();
      socket.write(request('/a'));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 400 .*LAM_EDGE_BAD_NAME$/s);
    });

    test('accepts heads of up to 64 KiB, and sends its keep-alive time-out', async () => {
      await using made = await apiServer([testApi({})]);
      for (const [bytes, head] of [
        [60_000, /^HTTP\/1\.1 200 .*\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n/s],
        [70_000, /^HTTP\/1\.1 431 /],
      ] as const) {
        const socket = await made.dial();
        socket.write(request('/a').replace('\r\n', `\r\nX-Long: ${'x'.repeat(bytes)}\r\n`));
        const [answer] = (await once(socket, 'data')) as [Buffer];
        assert.match(answer.toString(), head);
      }
      const socket = await made.dial();
      socket.write(request('/a'));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n/);
    });

    test('reads no further large body while those of unanswered requests are large, and answers all in the end', async () => {
      const replies: Reply[] = [];
      await using made = await apiServer([testApi({ serve: ({ reply }) => void replies.push(reply) })]);
      let reading: Socket | undefined;
      made.server.prependListener('connection', (socket: Socket) => (reading = socket));
      const socket = await made.dial();
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      for (let n = 0; n < 6; n++) socket.write(request('/a', 'x'.repeat(700 * 1024)));
      for (let served = 2; served <= 6; served += 2) {
        while (replies.length < served) await new Promise(setImmediate);
        await untilResting(reading);
        assert.equal(replies.length, served, 'the client waits');
        for (const reply of replies.slice(-2)) reply.send(200, [], Buffer.from('served'));
      }
      while ([...text.matchAll(/served/g)].length < 6) await once(socket, 'data');
    });

    test('serves small requests that come before any answer, and those behind a large one that waits', async () => {
      const replies: Reply[] = [];
      await using made = await apiServer([testApi({ serve: ({ reply }) => void replies.push(reply) })]);
      const socket = await made.dial();
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const bodies = ['a', 'x'.repeat(1024 * 1024), 'b', 'x'.repeat(1024 * 1024), 'c'];
      for (const body of bodies) socket.write(request('/a', body));
      while (replies.length < 2) await new Promise(setImmediate);
      for (let n = 0; n < bodies.length; n++) {
        while (replies.length <= n) await new Promise(setImmediate);
        replies[n]?.send(200, [], Buffer.from('served'));
      }
      while ([...text.matchAll(/served/g)].length < bodies.length) await once(socket, 'data');
    });

    test('forgets a request that waits when the client leaves', async () => {
      const served: number[] = [];
      const failed: string[] = [];
      await using made = await apiServer([
        testApi({
          serve: ({ body }) => void served.push(body.byteLength),
          fail: (_, error) => void failed.push(error.code),
        }),
      ]);
      let reading: Socket | undefined;
      made.server.prependListener('connection', (accepted: Socket) => (reading = accepted));
      const socket = await made.dial();
      socket.write(request('/a', 'x'.repeat(1024 * 1024)));
      while (served.length < 1) await new Promise(setImmediate);
      const before = reading?.bytesRead ?? 0;
      socket.write(request('/a', 'x'.repeat(512 * 1024)).slice(0, 1000));
      while ((reading?.bytesRead ?? 0) < before + 1000) await new Promise(setImmediate);
      socket.destroy();
      while (reading?.closed === false || failed.length < (reader === 'plain' ? 0 : 1)) await new Promise(setImmediate);
      assert.deepEqual([served, failed], [[1024 * 1024], reader === 'plain' ? [] : ['LAM_EDGE_CLIENT_GONE']]);
    });

    test('refuses a body over its limit', async () => {
      await using made = await apiServer([testApi({ mostBodyBytes: 10 })]);
      const socket = await made.dial();
      socket.write(request('/a', 'much too long'));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 413 .*LAM_EDGE_PAYLOAD_TOO_LARGE$/s);
    });
  });

test('a client that waits for 100 Continue is asked for its body up to the limit of the matched API', async () => {
  const small = testApi({
    name: 'small',
    mostBodyBytes: 10,
    match: ({ path }) => (path === '/small' ? path : undefined),
  });
  await using made = await apiServer([small, testApi({ name: 'large', mostBodyBytes: 100 })]);
  for (const [path, first] of [
    ['/small', /^HTTP\/1\.1 413 /],
    ['/large', /^HTTP\/1\.1 100 Continue\r\n/],
  ] as const) {
    const socket = await made.dial();
    socket.write(`POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), first);
  }
});
