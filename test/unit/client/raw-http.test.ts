import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createRawServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exchange, getAll, parseAnswer, type AnswerPart } from '../../../src/client/raw-http.ts';
import { CLOSED, ifCode } from '../../support/if-code.ts';

const folder = mkdtempSync(join(tmpdir(), 'lam-raw-'));
const socket = join(folder, 's');
let server: Server;

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader(
        'X-Seen',
        `${request.method ?? ''} ${request.url ?? ''} ${String(request.headers['x-a'] ?? '')}`,
      );
      // Without a length Node answers in chunks.
      if (request.url === '/chunked') for (const chunk of chunks) response.write(chunk);
      if (request.url === '/chunked-cut') return response.write(chunks[0], () => response.destroy());
      if (request.url === '/cut')
        return response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy());
      return response.end(request.url === '/chunked' ? 'end' : Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});
after(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const post = (path: string, body: string | Uint8Array): ReturnType<typeof exchange> =>
  exchange(socket, () => ({ method: 'POST', path, headers: { 'x-a': 'b' }, body: Buffer.from(body) }));

describe('an exchange over the raw socket', () => {
  test('carries bytes both ways unchanged', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 256));
    const answer = await post('/echo?x=1', bytes);
    assert.ok('status' in answer);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-seen'], 'POST /echo?x=1 b');
    assert.deepEqual(answer.body, bytes);
  });
  test('reads chunked answers', async () => {
    const answer = await post('/chunked', 'a'.repeat(100_000));
    assert.ok('status' in answer);
    assert.equal(answer.body.toString(), `${'a'.repeat(100_000)}end`);
  });
  test('hands a wanted body over while it arrives, and stops when told to', async () => {
    const long = Buffer.alloc(300_000, 'ab');
    const ask = { method: 'POST', path: '/chunked', headers: {}, body: long };
    const pieces: Buffer[] = [];
    const take = (most: number) => ({
      wants: (headers: Readonly<Record<string, string>>) => headers['x-seen'] === 'POST /chunked',
      piece: (bytes: Buffer) => pieces.push(bytes) < most,
    });
    const whole = await exchange(socket, () => ask, take(Infinity));
    assert.ok('status' in whole && whole.status === 200 && whole.body.length === 0);
    assert.ok(pieces.length > 1);
    assert.deepEqual(Buffer.concat(pieces), Buffer.concat([long, Buffer.from('end')]));
    pieces.length = 0;
    assert.ok('status' in (await exchange(socket, () => ask, take(1))));
    assert.equal(pieces.length, 1);
    const unwanted = await exchange(socket, () => ({ ...ask, path: '/echo' }), take(Infinity));
    assert.ok('status' in unwanted);
    assert.deepEqual([unwanted.body, pieces.length], [long, 1]);
  });
  test('reports a wanted body that breaks off as lost, and passes on what its taker throws', async () => {
    const ask = { method: 'POST', path: '/chunked-cut', headers: {}, body: Buffer.from('piece') };
    const taken: string[] = [];
    const taker = { wants: () => true, piece: (bytes: Buffer) => taken.push(bytes.toString()) > 0 };
    assert.deepEqual(await exchange(socket, () => ask, taker), { failure: 'lost', what: 'the answer was cut off' });
    assert.deepEqual(taken, ['piece']);
    const full = { ...taker, piece: () => assert.fail('the disk is full') };
    await assert.rejects(
      exchange(socket, () => ask, full),
      /the disk is full/,
    );
  });
  test('reports a truncated answer as lost', async () =>
    assert.deepEqual(await post('/cut', ''), { failure: 'lost', what: 'the answer was cut off' }));
  test('is unreachable when nothing listens, and then does not build the request', async () => {
    const answer = await exchange(join(folder, 'nobody'), () => assert.fail('asked'));
    assert.ok('failure' in answer);
    assert.equal(answer.failure, 'unreachable');
  });
});

describe('parsing an answer', () => {
  test('skips 100 Continue', () => {
    const answer = parseAnswer(Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nA: b\r\n\r\n'));
    assert.deepEqual(answer, { status: 204, headers: { a: 'b' }, body: Buffer.alloc(0) });
  });
  for (const text of [
    '',
    'HTTP/1.1 200 OK\r\n',
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab',
  ]) {
    test(`takes ${JSON.stringify(text)} as lost`, () => {
      const answer = parseAnswer(Buffer.from(text));
      assert.ok('failure' in answer);
      assert.equal(answer.failure, 'lost');
    });
  }
});

describe('several answers over one connection', () => {
  /** The answers parsed from a server that sends exactly `pieces`, one per turn. */
  const understood = async (
    pieces: readonly Buffer[],
    paths: readonly string[],
    wanted: (part: AnswerPart) => boolean = () => true,
  ): Promise<{
    how: Awaited<ReturnType<typeof getAll>>;
    answers: [status: number, body: string, ended: boolean][];
    asked: string;
  }> => {
    const path = join(folder, 'raw');
    let asked = '';
    const raw = createRawServer((connection) => {
      connection.on('error', ifCode(CLOSED, undefined));
      const say = async (): Promise<void> => {
        for (const piece of pieces) {
          connection.write(piece);
          await new Promise(setImmediate);
        }
        connection.end();
      };
      connection.once('data', (chunk: Buffer) => {
        asked = chunk.toString();
        void say();
      });
    });
    await new Promise<void>((resolve) => raw.listen(path, resolve));
    const answers: [number, string, boolean][] = [];
    const how = await getAll(path, paths, (part) => {
      const answer = (answers[part.index] ??= [part.status, '', false]);
      answer[1] += part.piece.toString('latin1');
      answer[2] = part.isEnd;
      return wanted(part);
    });
    await new Promise((resolve) => raw.close(resolve));
    return { how, answers, asked };
  };
  const TEXT =
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst' +
    'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nA: b\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nthi\r\r\nB;x=y\r\n\nd\r\n0\r\n\r\nxy\r\n0\r\n\r\n';
  const ANSWERS = [
    [200, 'first', true],
    [404, '', true],
    [200, 'thi\r\nd\r\n0\r\n\r\nxy', true],
  ];

  test('are complete, however the bytes are split', async () => {
    const bytes = Buffer.from(TEXT);
    for (const size of [1, 2, 3, 7, 50, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { how, answers, asked } = await understood(pieces, ['/a', '/b?c', '/d']);
      assert.deepEqual([how, answers], ['ended', ANSWERS], `in pieces of ${size}`);
      assert.match(
        asked,
        /^GET \/a HTTP\/1\.1\r\n.*\r\n\r\nGET \/b\?c HTTP\/1\.1\r\n.*\r\n\r\nGET \/d HTTP\/1\.1\r\n/s,
      );
    }
  });

  test('equal those of a real server', async () => {
    const seen: string[] = [];
    const how = await getAll(socket, ['/one', '/chunked'], ({ index, piece }) => {
      seen[index] = (seen[index] ?? '') + piece.toString();
      return true;
    });
    assert.deepEqual([how, seen], ['ended', ['', 'end']]);
  });

  test('stop when the reader stops', async () => {
    const { how, answers } = await understood([Buffer.from(TEXT)], ['/a', '/b', '/d'], ({ index }) => index < 1);
    assert.deepEqual([how, answers.length], ['stopped', 2]);
  });

  test('that are truncated or malformed are lost', async () => {
    for (const end of [0, 10, 40, 43, TEXT.length - 1, TEXT.length - 6]) {
      const { how } = await understood([Buffer.from(TEXT.slice(0, end))], ['/a', '/b', '/d']);
      assert.deepEqual(how, { failure: 'lost', what: 'aborted' }, `after ${end}`);
    }
    for (const text of [
      'nonsense\r\n\r\n',
      'HTTP/1.1 200 OK\r\n\r\nno length',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ]) {
      assert.deepEqual(
        (await understood([Buffer.from(text)], ['/a'])).how,
        { failure: 'lost', what: 'the answer was not HTTP' },
        text,
      );
    }
    const nobody = await getAll(join(folder, 'nobody'), ['/a'], () => assert.fail('taken'));
    assert.ok(typeof nobody === 'object' && nobody.failure === 'unreachable');
  });
});
