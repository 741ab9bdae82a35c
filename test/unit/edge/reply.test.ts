import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { Reply } from '../../../src/http/index.ts';
import { parseAnswers, type ParsedAnswer } from '../../support/answer-parser.ts';
import { apiServer, readAll, READER_NAMES, READERS, testApi, type ReaderName } from '../../support/api-server.ts';

/** One connection to a server whose requests the test answers. */
interface Hand extends AsyncDisposable {
  readonly socket: Socket;
  readonly replies: Reply[];
  /** Sends a request and resolves with its reply. */
  ask(version?: string): Promise<Reply>;
  /** Ends the connection and resolves with all answers. */
  answers(): Promise<readonly ParsedAnswer[]>;
}

async function hand(reader: ReaderName): Promise<Hand> {
  const replies: Reply[] = [];
  const made = await apiServer([testApi({ serve: ({ reply }) => void replies.push(reply) })]);
  const socket = await made.dial();
  return {
    socket,
    replies,
    async ask(version = '1.1') {
      const count = replies.length;
      socket.write(`GET /a HTTP/${version}\r\nHost: h\r\n${READERS[reader]}\r\n`);
      for (;;) {
        const reply = replies[count];
        if (reply !== undefined) return reply;
        await new Promise(setImmediate);
      }
    },
    async answers() {
      const all = readAll(socket);
      socket.end();
      return parseAnswers(await all, []);
    },
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

for (const reader of READER_NAMES)
  describe(`a reply through ${reader}`, () => {
    test('sends its head at once, before any body', async () => {
      await using made = await hand(reader);
      const reply = await made.ask();
      reply.start(200, ['content-type', 'text/event-stream']);
      const [head] = (await once(made.socket, 'data')) as [Buffer];
      assert.match(head.toString(), /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\n/);
    });

    test('makes a writer pause while the client does not read, and continue once it does', async () => {
      await using made = await hand(reader);
      const reply = await made.ask();
      let goneOn = 0;
      reply.start(200, [], () => goneOn++);
      made.socket.pause();
      const chunk = Buffer.alloc(256 * 1024, 'x');
      let written = 0;
      while (reply.write(chunk)) {
        if (++written > 400) throw new Error('100 MB were taken without a word');
        await new Promise(setImmediate);
      }
      assert.ok(reply.waitingBytes > 0);
      assert.equal(goneOn, 0);
      made.socket.resume();
      await until(() => goneOn === 1);
      assert.equal(reply.waitingBytes, 0);
      reply.end();
    });

    test('reports that the client disconnected during a streamed answer', async () => {
      await using made = await hand(reader);
      const reply = await made.ask();
      const left = new Promise<void>((resolve) => reply.cancelWhenGone({ cancel: resolve }));
      reply.start(200, []);
      reply.write(Buffer.from('a'));
      made.socket.destroy();
      await left;
      assert.equal(reply.write(Buffer.from('b')), false);
      reply.end();
    });

    test('reports no disconnect after the answer is complete', async () => {
      await using made = await hand(reader);
      const reply = await made.ask();
      let cancelled = 0;
      reply.cancelWhenGone({ cancel: () => cancelled++ });
      reply.start(200, []);
      reply.write(Buffer.from('a'));
      reply.end();
      assert.equal((await made.answers())[0]?.body, 'a');
      assert.equal(cancelled, 0);
    });

    test('ends an answer of unknown length with the connection for a client that speaks HTTP/1.0', async () => {
      await using made = await hand(reader);
      const all = readAll(made.socket);
      const reply = await made.ask('1.0');
      reply.start(200, []);
      reply.write(Buffer.from('one '));
      reply.write(Buffer.from('two'));
      reply.end();
      const text = (await all).toString();
      assert.match(text, /\r\nConnection: close\r\n/i);
      assert.doesNotMatch(text, /transfer-encoding/i);
      assert.ok(text.endsWith('\r\n\r\none two'), text);
    });

    for (const [what, length] of [
      ['more', '2'],
      ['less', '4'],
    ] as const) {
      test(`closes the connection for ${what} than the announced length`, async () => {
        await using made = await hand(reader);
        const all = readAll(made.socket);
        const reply = await made.ask();
        reply.start(200, ['content-length', length]);
        reply.write(Buffer.from('abc'));
        reply.end();
        const [, body = ''] = (await all).toString().split('\r\n\r\n');
        assert.ok(body.length < Number(length), `${body.length} bytes`);
      });
    }

    test('closes the connection when another answer is sent in the middle of a streamed one', async () => {
      await using made = await hand(reader);
      const all = readAll(made.socket);
      const reply = await made.ask();
      reply.start(200, []);
      reply.send(500, [], Buffer.from('error'));
      assert.doesNotMatch((await all).toString(), /error|\r\n0\r\n\r\n$/);
    });

    test('sends what was written before it is broken off', async () => {
      await using made = await hand(reader);
      const all = readAll(made.socket);
      const reply = await made.ask();
      reply.start(200, []);
      reply.write(Buffer.from('half'));
      reply.breakOff();
      assert.equal(reply.write(Buffer.from('more')), false);
      assert.match((await all).toString(), /\r\n\r\n4\r\nhalf\r\n$/);
    });

    // `node:http` closes the connection at once.
    if (reader === 'plain')
      test('is broken off when its turn comes, behind whole answers', async () => {
        await using made = await hand(reader);
        const all = readAll(made.socket);
        const line = `GET /a HTTP/1.1\r\nHost: h\r\n${READERS[reader]}\r\n`;
        made.socket.write(line + line);
        await until(() => made.replies.length === 2);
        const [first, second] = made.replies;
        second?.start(200, []);
        second?.write(Buffer.from('half'));
        second?.breakOff();
        first?.send(200, [], Buffer.from('whole'));
        const text = (await all).toString();
        assert.match(text, /\r\n\r\nwhole/);
        assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
      });

    for (const [what, headers] of [
      ['a value', ['x-a', 'b\r\nset-cookie: c=d']],
      ['a value with a line feed alone', ['x-a', 'b\nset-cookie: c=d']],
      ['a name', ['x-a: b\r\nset-cookie', 'c=d']],
      ['a name without a value', ['x-a']],
    ] as const) {
      for (const how of ['send', 'start'] as const) {
        test(`refuses a header injected through ${what}, by ${how}: the answer is an empty 500`, async () => {
          await using made = await hand(reader);
          const reply = await made.ask();
          reply[how](200, headers, Buffer.from('body') as never);
          const [answer] = await made.answers();
          assert.deepEqual([answer?.status, answer?.body], [500, '']);
          assert.ok(!(answer?.headers.has('set-cookie') ?? true));
        });
      }
    }

    test('sends neither length nor body with status 204', async () => {
      await using made = await hand(reader);
      const reply = await made.ask();
      reply.send(204, [], Buffer.from('x'));
      const [answer] = await made.answers();
      assert.deepEqual([answer?.status, answer?.headers.has('content-length'), answer?.body], [204, false, '']);
    });

    test('behind other answers is queued, and its writer pauses and continues', async () => {
      await using made = await hand(reader);
      const [first, second] = [await made.ask(), await made.ask()];
      let goneOn = 0;
      second.start(200, [], () => {
        goneOn++;
        second.end();
      });
      const chunk = Buffer.alloc(16 * 1024, '2');
      let written = 1;
      while (second.write(chunk)) if (++written > 100) throw new Error('a second answer fills the memory');
      first.start(200, []);
      first.write(Buffer.from('1'));
      await new Promise(setImmediate);
      assert.equal(goneOn, 0);
      first.end();
      const answers = await made.answers();
      assert.deepEqual([answers[0]?.body, answers[1]?.body.length], ['1', written * chunk.length]);
      assert.equal(goneOn, 1);
    });
  });

test("a whole answer through lam's own reader is one write", async () => {
  const writes: number[] = [];
  await using made = await apiServer([
    testApi({
      serve({ reply, head }) {
        const { socket } = head;
        const write = socket._write.bind(socket);
        socket._write = (chunk: Buffer | string, ...more) => {
          writes.push(chunk.length);
          write(chunk, ...more);
        };
        reply.send(200, ['x-a', 'b'], Buffer.from('body'));
      },
    }),
  ]);
  const socket = await made.dial();
  socket.write('GET /a HTTP/1.1\r\nHost: h\r\n\r\n');
  await once(socket, 'data');
  assert.equal(writes.length, 1);
});
