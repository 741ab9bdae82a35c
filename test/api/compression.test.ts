import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib';
import { encodingFor } from '../../src/edge/apis/functions/compression.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse, type Handlers } from '../support/edge-house.ts';
import type { MemoryStream } from '../support/memory-driver.ts';
import { zipOf } from '../unit/store/support.ts';

const TEXT = JSON.stringify({ words: Array.from({ length: 400 }, (_, n) => `word ${n % 7}`) });
const PAGE = `<p>${'static '.repeat(2000)}</p>`;

/** Bytes that no encoding makes shorter. */
const NOISE = Buffer.concat(Array.from({ length: 100 }, (_, n) => createHash('sha256').update(String(n)).digest()));

/** 64 MiB in pieces, more than sockets hold. */
const PIECE = Buffer.concat(Array.from({ length: 20 }, () => NOISE));
const MOST_PIECES = 1000;

// oxlint-disable-next-line max-params -- the members of a response
function response(headers: object, body = TEXT, statusCode = 200, isBase64Encoded = false): Handlers[string] {
  const payload = Buffer.from(JSON.stringify({ statusCode, headers, body, isBase64Encoded }));
  return () => Promise.resolve({ kind: 'result', payload });
}

test('a client gets the encoding that it prefers', () => {
  for (const [asked, encoding] of [
    [undefined, undefined],
    ['', undefined],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP;Q=1.0 , br ;q=0.5', 'gzip'],
    ['gzip;q=0, br;q=0', undefined],
    ['deflate, zstd', undefined],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['*;q=0', undefined],
    ['identity', undefined],
    ['gzip;q=0.5, identity;q=0.8', undefined],
    ['gzip;q=1.5', undefined],
    ['gzip;q=', undefined],
    ['gzip;q=0.001', 'gzip'],
    [';;,,', undefined],
  ] as const)
    assert.equal(encodingFor(asked === undefined ? {} : { 'accept-encoding': asked }), encoding, String(asked));
});

for (const way of WAYS)
  describe(`compression, through ${way}`, () => {
    let house: EdgeHouse;
    let written = 0;
    let isOver = false;
    const opened = Promise.withResolvers<{ stream: MemoryStream; end(outcome: InvokeOutcome): void }>();
    before(async () => {
      const handlers: Handlers = {
        tagged: response({ 'content-type': 'application/json', etag: '"v1"', vary: 'Accept' }),
        weak: response({ 'content-type': 'text/html; charset=utf-8', etag: 'W/"v1"' }),
        small: response({ 'content-type': 'text/plain' }, 'short'),
        image: response({ 'content-type': 'image/png' }),
        zipped: response({ 'content-type': 'text/plain', 'Content-Encoding': 'gzip' }),
        kept: response({ 'content-type': 'text/plain', 'cache-control': 'private, no-transform' }),
        part: response({ 'content-type': 'text/plain', 'content-range': 'bytes 0-9/99' }, TEXT, 206),
        noise: response({ 'content-type': 'text/plain' }, NOISE.toString('base64'), 200, true),
        failed: response({ 'content-type': 'text/plain' }, TEXT, 500),
        plain: response({ 'content-type': 'text/plain' }),
        events: (call) => new Promise((end) => opened.resolve({ stream: call.stream('text/event-stream'), end })),
        long: async (call) => {
          const stream = call.stream('text/plain');
          for (let n = 0; n < 100; n++) await stream.write(Buffer.alloc(32 * 1024, `${n} `));
          return { kind: 'result', payload: Buffer.alloc(0) };
        },
        endless: async (call) => {
          const stream = call.stream('text/plain');
          for (; written < MOST_PIECES && !isOver; written++) await stream.write(PIECE);
          return { kind: 'result', payload: Buffer.alloc(0) };
        },
        broken: async (call) => {
          await call.stream('text/plain').write('half of it');
          return { kind: 'error', payload: Buffer.from('{}'), errorType: 'Odd' };
        },
      };
      house = await edgeHouse(handlers, { way });
      // A busy machine may take long for the streams.
      for (const name of Object.keys(handlers)) await house.publish(name, { timeoutMs: 60_000 });
      await house.publish('plain', { routes: [{ route: 'GET /off', compress: false }] });
      const zip = zipOf([
        { name: 'index.js', content: '' },
        { name: 'web/index.html', content: PAGE },
      ]);
      const { artifact } = (await house.control('/_lam/v1/artifacts/zip', { method: 'POST', body: zip })).json();
      const routes = [{ route: 'GET /web/{path+}', static: 'web' }];
      const body = JSON.stringify({ artifact, config: { runtime: 'nodejs', handler: 'index.handler', routes } });
      await house.control('/_lam/v1/functions/web/versions', { method: 'POST', body });
    });
    after(() => house[Symbol.asyncDispose]());

    const ask = (path: string, encoding?: string, more: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
      house.ask(path, {
        method,
        headers: { ...(encoding === undefined ? {} : { 'accept-encoding': encoding }), ...more },
      });

    test('sends what the client asks for, with its length, a weak tag and Vary', async () => {
      for (const [encoding, decode] of [
        ['gzip', gunzipSync],
        ['br', brotliDecompressSync],
      ] as const) {
        const { headers, bytes } = await ask('/tagged', encoding);
        assert.equal(decode(bytes).toString(), TEXT);
        assert.ok(bytes.length < TEXT.length / 4, `${bytes.length} of ${TEXT.length}`);
        assert.deepEqual(
          [headers['content-encoding'], headers['content-length'], headers.etag, headers.vary],
          [encoding, String(bytes.length), 'W/"v1"', 'Accept, Accept-Encoding'],
        );
        const head = await ask('/tagged', encoding, {}, 'HEAD');
        assert.deepEqual(
          [head.bytes.length, head.headers['content-length'], head.headers['content-encoding']],
          [0, String(bytes.length), encoding],
        );
      }
      assert.equal((await ask('/weak', 'gzip')).headers.etag, 'W/"v1"');
      assert.equal((await ask('/failed', 'gzip')).headers['content-encoding'], 'gzip');
    });

    test('leaves answers as they are for other clients, and says that they vary', async () => {
      const { headers, text } = await ask('/tagged');
      assert.deepEqual(
        [text, headers['content-encoding'], headers.etag, headers.vary],
        [TEXT, undefined, '"v1"', 'Accept, Accept-Encoding'],
      );
    });

    for (const [path, why] of [
      ['/small', 'are short'],
      ['/image', 'are compressed by their type'],
      ['/zipped', 'are encoded already'],
      ['/kept', 'must not be transformed'],
      ['/part', 'are a part'],
      ['/off', 'are of a route that turns it off'],
    ] as const)
      test(`leaves answers alone that ${why}`, async () => {
        const [plain, asked] = [await ask(path), await ask(path, 'gzip, br')];
        assert.deepEqual(
          [asked.text, asked.headers['content-encoding'], asked.headers['content-length'], asked.headers.vary],
          [plain.text, plain.headers['content-encoding'], plain.headers['content-length'], undefined],
        );
      });

    test('sends an answer that does not become shorter as it is', async () => {
      const { headers, bytes } = await ask('/noise', 'gzip');
      assert.deepEqual(
        [headers['content-encoding'], headers.vary, bytes.equals(NOISE)],
        [undefined, 'Accept-Encoding', true],
      );
    });

    const open = async (path: string, encoding: string): Promise<IncomingMessage> => {
      const headers = { host: 'localhost', 'accept-encoding': encoding };
      const outgoing = get({ host: '127.0.0.1', port: house.port, path, agent: false, headers });
      return ((await once(outgoing, 'response')) as [IncomingMessage])[0];
    };

    test('holds back no piece of a stream', async () => {
      const answered = open('/events', 'br');
      const { stream, end } = await opened.promise;
      const answer = await answered;
      assert.deepEqual([answer.headers['content-encoding'], answer.headers.vary], ['br', 'Accept-Encoding']);
      const decoded = answer.pipe(createBrotliDecompress());
      for (const piece of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
        await stream.write(piece);
        const [seen] = (await once(decoded, 'data')) as [Buffer];
        assert.equal(seen.toString(), piece);
      }
      end({ kind: 'result', payload: Buffer.alloc(0) });
      await once(decoded, 'end');
    });

    test('sends long streams whole', async () => {
      const answer = await open('/long', 'gzip');
      const decoded = createGunzip();
      const ended = pipeline(answer, decoded);
      let bytes = 0;
      for await (const piece of decoded) {
        bytes += (piece as Buffer).length;
        if (bytes < 200_000) await new Promise(setImmediate);
      }
      await ended;
      assert.equal(bytes, 100 * 32 * 1024);
    });

    test('holds the writer of a stream back while the client does not read', async () => {
      const answer = await open('/endless', 'gzip');
      answer.pause();
      for (let [seen, rest] = [-1, 100]; rest > 0; rest--) {
        if (seen !== written) [seen, rest] = [written, 100];
        await new Promise(setImmediate);
      }
      assert.ok(written < MOST_PIECES, `${written} pieces`);
      isOver = true;
      answer.destroy();
    });

    test('shows a broken stream as broken, after what was written', async () => {
      const answer = await open('/broken', 'gzip');
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      await assert.rejects(once(answer, 'end'), { code: 'ECONNRESET' });
      const decoded = createGunzip();
      decoded.write(Buffer.concat(pieces));
      assert.equal(String((await once(decoded, 'data'))[0]), 'half of it');
    });

    test('is for static files, too, and leaves ranges alone', async () => {
      const plain = await ask('/web/');
      const whole = await ask('/web/', 'gzip');
      assert.equal(gunzipSync(whole.bytes).toString(), PAGE);
      assert.equal(whole.headers.etag, `W/${plain.headers.etag}`);
      const known = await ask('/web/', 'gzip', { 'if-none-match': whole.headers.etag ?? '' });
      assert.equal(known.status, 304);
      const part = await ask('/web/', 'gzip', { range: 'bytes=0-2' });
      assert.deepEqual([part.status, part.text, part.headers['content-encoding']], [206, '<p>', undefined]);
      const head = await ask('/web/', 'gzip', {}, 'HEAD');
      assert.deepEqual([head.status, head.bytes.length, head.headers['content-encoding']], [200, 0, 'gzip']);
    });
  });
