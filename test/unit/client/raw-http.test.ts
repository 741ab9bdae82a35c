import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exchange, parseAnswer } from '../../../src/client/raw-http.ts';

const folder = mkdtempSync(join(tmpdir(), 'lam-raw-'));
const socket = join(folder, 's');
let server: Server;

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('X-Seen', `${request.method ?? ''} ${request.url ?? ''} ${String(request.headers['x-a'] ?? '')}`);
      // Without a length Node answers in chunks.
      if (request.url === '/chunked') for (const chunk of chunks) response.write(chunk);
      if (request.url === '/cut') return response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy());
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
  test('understands chunks', async () => {
    const answer = await post('/chunked', 'a'.repeat(100_000));
    assert.ok('status' in answer);
    assert.equal(answer.body.toString(), `${'a'.repeat(100_000)}end`);
  });
  test('takes an answer that was cut off as lost', async () =>
    assert.deepEqual(await post('/cut', ''), { failure: 'lost', what: 'the answer was cut off' }));
  test('is unreachable where nobody listens, and then asks for no request', async () => {
    const answer = await exchange(join(folder, 'nobody'), () => assert.fail('asked'));
    assert.ok('failure' in answer);
    assert.equal(answer.failure, 'unreachable');
  });
});

describe('parsing an answer', () => {
  test('passes over 100 Continue', () => {
    const answer = parseAnswer(Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nA: b\r\n\r\n'));
    assert.deepEqual(answer, { status: 204, headers: { a: 'b' }, body: Buffer.alloc(0) });
  });
  for (const text of ['', 'HTTP/1.1 200 OK\r\n', 'nonsense\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab']) {
    test(`takes ${JSON.stringify(text)} as lost`, () => {
      const answer = parseAnswer(Buffer.from(text));
      assert.ok('failure' in answer);
      assert.equal(answer.failure, 'lost');
    });
  }
});
