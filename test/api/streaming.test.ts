import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { HTTP_STREAM, PLAIN_STREAM } from '../../src/contract/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, WAYS, type EdgeHouse, type Handlers, type Way } from '../support/edge-house.ts';
import type { MemoryStream } from '../support/memory-driver.ts';

const DONE: InvokeOutcome = { kind: 'result', payload: Buffer.alloc(0) };
const BROKEN: InvokeOutcome = { kind: 'error', payload: Buffer.from('{}'), errorType: 'RangeError' };
const MIB = 1024 * 1024;

/** The streams of functions that a test holds open, and what lets them end. */
class Held {
  readonly #streams = new Map<string, { stream: MemoryStream; end(outcome: InvokeOutcome): void }>();
  #told = (): void => undefined;

  handler(name: string, contentType: string): Handlers[string] {
    return (call) =>
      new Promise((end) => {
        this.#streams.set(name, { stream: call.stream(contentType), end });
        this.#told();
      });
  }

  async of(name: string): Promise<{ stream: MemoryStream; end(outcome: InvokeOutcome): void }> {
    for (;;) {
      const found = this.#streams.get(name);
      this.#streams.delete(name);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#told = resolve));
    }
  }
}

/** A function that streams `pieces` and ends with `outcome`. */
function streams(contentType: string, pieces: readonly (string | Uint8Array)[], outcome = DONE): Handlers[string] {
  return async (call) => {
    const stream = call.stream(contentType);
    for (const piece of pieces) await stream.write(piece);
    return outcome;
  };
}

const head = (text: string): string => `${text}\0\0\0\0\0\0\0\0`;

for (const way of WAYS)
  describe(`a streamed answer over HTTP, through ${way}`, { concurrency: false }, () => {
    let house: EdgeHouse;
    const held = new Held();
    const lazy = Promise.withResolvers<() => { stream: MemoryStream; end(outcome: InvokeOutcome): void }>();
    before(async () => {
      const handlers: Handlers = {
        held: held.handler('held', 'text/event-stream'),
        lazy: (call) => new Promise((end) => lazy.resolve(() => ({ stream: call.stream(PLAIN_STREAM), end }))),
        plain: streams(PLAIN_STREAM, ['a', 'b']),
        empty: streams('text/plain', []),
        http: streams(HTTP_STREAM, [head('{"statusCode":201,"headers":{"x-a":"b"},"cookies":["c=d","e=f"]}'), 'body']),
        split: streams(HTTP_STREAM, [...head('{"headers":{"content-type":"text/html"}}').split(''), '<p>']),
        headless: streams(HTTP_STREAM, ['{"statusCode":200}']),
        long: streams(HTTP_STREAM, ['x'.repeat(20_000)]),
        odd: streams(HTTP_STREAM, [head('{"statusCode":"teapot"}'), 'x']),
        list: streams(HTTP_STREAM, [head('[]'), 'x']),
        failed: streams(HTTP_STREAM, [head('{"statusCode":200'), 'x'], BROKEN),
        bodiless: streams(HTTP_STREAM, [head('{"statusCode":204}'), 'never sent']),
        injected: streams('text/plain\r\nx-forged: 1', ['x']),
        fails: streams('text/plain', ['half'], BROKEN),
        large: streams(
          'text/plain',
          Array.from({ length: 7 }, () => Buffer.alloc(MIB)),
        ),
      };
      house = await edgeHouse(handlers, { way });
      for (const name of Object.keys(handlers)) await house.publish(name);
      await house.publish('late', { timeoutMs: 100 });
    });
    after(() => house[Symbol.asyncDispose]());

    const open = async (path: string): Promise<IncomingMessage> => {
      const outgoing = get({ host: '127.0.0.1', port: house.port, path, agent: false, headers: headersOf(way) });
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      return response;
    };

    test('arrives piece by piece, before the function ends', async () => {
      const answered = open('/held');
      const { stream, end } = await held.of('held');
      const response = await answered;
      assert.equal(response.headers['content-type'], 'text/event-stream');
      assert.equal(response.headers['transfer-encoding'], 'chunked');
      assert.ok(response.headers['x-amzn-requestid'] !== undefined);
      for (const text of ['one', 'two']) {
        await stream.write(text);
        const [piece] = (await once(response, 'data')) as [Buffer];
        assert.equal(piece.toString(), text);
      }
      end(DONE);
      await once(response, 'end');
      assert.ok(response.complete);
    });

    test('has the status, headers and cookies of its own head', async () => {
      const answer = await house.ask('/http');
      assert.deepEqual(
        [answer.status, answer.headers['x-a'], answer.headers['set-cookie'], answer.text],
        [201, 'b', ['c=d', 'e=f'], 'body'],
      );
      assert.equal(answer.headers['content-type'], PLAIN_STREAM);
      const split = await house.ask('/split');
      assert.deepEqual([split.status, split.headers['content-type'], split.text], [200, 'text/html', '<p>']);
      const bodiless = await house.ask('/bodiless');
      assert.deepEqual([bodiless.status, bodiless.text], [204, '']);
    });

    test('has status 200 and the content type of the stream without such a head', async () => {
      const plain = await house.ask('/plain');
      assert.deepEqual([plain.status, plain.headers['content-type'], plain.text], [200, PLAIN_STREAM, 'ab']);
      const empty = await house.ask('/empty');
      assert.deepEqual([empty.status, empty.headers['content-type'], empty.text], [200, 'text/plain', '']);
    });

    for (const [name, why] of [
      ['headless', /head does not end: 8 NUL bytes/],
      ['long', /head exceeds 16384 bytes/],
      ['odd', /the statusCode "teapot"/],
      ['list', /head is not a JSON object/],
      ['failed', /head is not a JSON object/],
      ['injected', /a content type that HTTP does not allow/],
    ] as const)
      test(`is refused with 502 while nothing of it was sent: ${name}`, async () => {
        const answer = await house.ask(`/${name}`);
        assert.deepEqual([answer.status, answer.text], [502, 'Internal Server Error']);
        assert.equal(answer.headers['x-lam-error-type'], 'Function.MalformedResponse');
        assert.match(String(answer.headers['x-lam-error-detail']), why);
        assert.equal(answer.headers['x-forged'], undefined);
      });

    test('is visibly broken off when the function fails in the middle', async () => {
      const { text } = await bytesOf(house.port, `GET /fails HTTP/1.1\r\nHost: localhost\r\n${LINES[way]}\r\n`);
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n4\r\nhalf\r\n$/, 'no last chunk');
    });

    test('is reset in HTTP/1.0, where the end of the connection ends an answer', async () => {
      const whole = await bytesOf(house.port, 'GET /plain HTTP/1.0\r\nHost: localhost\r\n\r\n');
      assert.match(whole.text, /\r\n\r\nab$/);
      assert.equal(whole.error, undefined);
      const broken = await bytesOf(house.port, 'GET /fails HTTP/1.0\r\nHost: localhost\r\n\r\n');
      assert.equal(broken.error, 'ECONNRESET');
    });

    test('holds the function back while its client reads nothing, and goes on after it', async () => {
      const socket = connect(house.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.pause();
      socket.write(`GET /held HTTP/1.1\r\nHost: localhost\r\n${LINES[way]}\r\n`);
      const { stream, end } = await held.of('held');
      let written = 0;
      const writing = (async () => {
        for (; written < 64; written++) await stream.write(Buffer.alloc(MIB));
        end(DONE);
      })();
      let seen = -1;
      while (seen !== written) {
        seen = written;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      assert.ok(written < 20, `${written} MiB went to a client that reads nothing`);
      let read = 0;
      socket.on('data', (chunk: Buffer) => (read += chunk.length));
      socket.resume();
      await writing;
      while (read < 64 * MIB) await once(socket, 'data');
      socket.destroy();
    });

    test('is cancelled at once if its client has left before it begins', async () => {
      const outgoing = get({
        host: '127.0.0.1',
        port: house.port,
        path: '/lazy',
        agent: false,
        headers: headersOf(way),
      });
      outgoing.on('error', () => undefined);
      const begin = await lazy.promise;
      outgoing.destroy();
      // The daemon has seen the client leave by the time it has answered others.
      await house.ask('/plain');
      await house.ask('/plain');
      const { stream, end } = begin();
      await stream.write(Buffer.alloc(MIB));
      assert.equal(stream.isCancelled, true);
      end(DONE);
    });

    test('is cancelled when its client leaves', async () => {
      const outgoing = get({
        host: '127.0.0.1',
        port: house.port,
        path: '/held',
        agent: false,
        headers: headersOf(way),
      });
      outgoing.on('error', () => undefined);
      const first = await held.of('held');
      await first.stream.write('x');
      await once(outgoing, 'response');
      outgoing.destroy();
      while (!first.stream.isCancelled) await new Promise(setImmediate);
      await first.stream.write(Buffer.alloc(MIB));
      first.end(DONE);
      assert.equal((await house.ask('/plain')).text, 'ab');
    });

    test('is gathered for Invoke, up to the payload limit', async () => {
      const invoke = (name: string) =>
        house.control(`/2015-03-31/functions/${name}/invocations`, { method: 'POST', body: '{}' });
      assert.equal((await invoke('plain')).text, 'ab');
      const large = await invoke('large');
      assert.deepEqual([large.status, large.headers['x-amz-function-error']], [200, 'Unhandled']);
      assert.equal(large.json()['errorType'], 'Function.ResponseSizeTooLarge');
      const broken = await invoke('fails');
      assert.deepEqual([broken.headers['x-amz-function-error'], broken.text], ['Unhandled', '{}']);
    });

    test('is reported with the time until its end, and with its failure', async () => {
      const reports = async (name: string) => {
        const answer = await house.control(`/_lam/v1/functions/${name}/logs`);
        return answer.text
          .split('\n')
          .filter((line) => line.includes('"report"'))
          .map((line) => JSON.parse(line) as { platform: Record<string, unknown> });
      };
      await house.ask('/plain');
      const last = (await reports('fails')).at(-1);
      assert.match(
        JSON.stringify(last),
        /"status":"error".*"errorType":"RangeError"|"errorType":"RangeError".*"status":"error"/,
      );
    });
  });

/** The header that selects the reader, as a line and by itself. */
const LINES: Readonly<Record<Way, string>> = { plain: '', 'node:http': 'Proxy-Connection: x\r\n' };
const headersOf = (way: Way): Record<string, string> =>
  way === 'plain' ? { connection: 'keep-alive' } : { 'proxy-connection': 'x' };

/** What an HTTP/1.0 client receives, and the error with which its connection ends. */
async function bytesOf(port: number, request: string): Promise<{ text: string; error: string | undefined }> {
  const socket: Socket = connect(port, '127.0.0.1');
  let error: string | undefined;
  socket.on('error', (thrown: NodeJS.ErrnoException) => (error = thrown.code));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(request);
  await new Promise((resolve) => socket.once('close', resolve));
  return { text: Buffer.concat(chunks).toString('latin1'), error };
}
