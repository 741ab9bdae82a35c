import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { edgeHouse } from '../support/edge-house.ts';
import { CLOSED, ifCode } from '../support/if-code.ts';

/** 10 s for a head, and as long as the sweep and the tests beside this one may take (ms). */
const SOON_MS = 25_000;

test('heads that never end are closed in real time, whichever reader has them, and others are served', async () => {
  await using house = await edgeHouse();
  await house.publish('hello');
  const begun = performance.now();
  const ends = ['GET /hello HTTP/1.1\r\n', 'GET /hello HTTP/1.1\r\nHost: localhost\r\nX: '].flatMap((part, reader) =>
    Array.from({ length: 20 }, async () => {
      const socket = connect(house.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('error', ifCode(CLOSED, undefined));
      socket.write(part);
      if (reader === 1) {
        // A head in several pieces is left to node:http, which is then sent a byte a second.
        while (!socket.closed) {
          await sleep(1000);
          if (socket.writable) socket.write('x');
        }
      } else await once(socket, 'close');
      return text;
    }),
  );
  assert.equal((await house.ask('/hello')).status, 200);
  for (const text of await Promise.all(ends)) assert.match(text, /^(?:HTTP\/1\.1 408 |$)/);
  assert.ok(performance.now() - begun < SOON_MS);
});
