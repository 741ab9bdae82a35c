import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MOST_HEAD_BYTES, readHead } from '../../../src/http/head.ts';

function head(...lines: string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

describe('a head', () => {
  test('is parsed at any offset, with any bytes around it', () => {
    const bytes = head(
      'PUT /a/b?c=%20 HTTP/1.1',
      'Host: h:80',
      'X-Empty:',
      'x-Spaced:   a b  ',
      'Content-LENGTH: 12',
      'connection: Keep-Alive',
    );
    const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')]);
    const rawHeaders = [
      'Host',
      'h:80',
      'X-Empty',
      '',
      'x-Spaced',
      'a b',
      'Content-LENGTH',
      '12',
      'connection',
      'Keep-Alive',
    ];
    const read = readHead(around, 6);
    assert.ok(typeof read !== 'string');
    const { headers, ...rest } = read;
    assert.deepEqual(rest, {
      method: 'PUT',
      target: '/a/b?c=%20',
      rawHeaders,
      bodyBytes: 12,
      isChunked: false,
      bytes: bytes.length,
    });
    assert.deepEqual(
      { ...headers },
      { host: 'h:80', 'x-empty': '', 'x-spaced': 'a b', 'content-length': '12', connection: 'Keep-Alive' },
    );
  });

  test('is incomplete up to its last byte', () => {
    const bytes = head('GET / HTTP/1.1', 'Host: h', 'Accept: */*');
    for (let end = 0; end < bytes.length; end++)
      assert.equal(readHead(bytes.subarray(0, end), 0), 'incomplete', String(end));
    assert.notEqual(typeof readHead(bytes, 0), 'string');
  });

  test('is declined at its first byte that is not plain', () => {
    for (const text of [
      '\0',
      'get',
      'GET  ',
      'GET a',
      'GET /\u00e9',
      'GET / HTTP/1.0',
      'GET / HTTP/1.1\n',
      'GET / HTTP/1.1\r\n ',
      'GET / HTTP/1.1\r\na :',
      'GET / HTTP/1.1\r\na: \t',
    ])
      assert.equal(readHead(Buffer.from(text, 'latin1'), 0), 'declined', JSON.stringify(text));
  });

  const host = 'Host: h';
  const declined: [string, string[]][] = [
    ['no host', ['GET / HTTP/1.1', 'Accept: */*']],
    ['an empty host', ['GET / HTTP/1.1', 'Host:']],
    ['two of one header', ['GET / HTTP/1.1', host, 'Accept: a', 'accept: a']],
    ['a coding besides chunks', ['POST / HTTP/1.1', host, 'Transfer-Encoding: gzip, chunked']],
    ['chunks and a length', ['POST / HTTP/1.1', host, 'Transfer-Encoding: chunked', 'Content-Length: 3']],
    ['trailers, but no chunks', ['POST / HTTP/1.1', host, 'Trailer: x']],
    ['an expectation', ['POST / HTTP/1.1', host, 'Expect: 100-continue']],
    ['an upgrade', ['GET / HTTP/1.1', host, 'Upgrade: h2c']],
    ['a connection that closes', ['GET / HTTP/1.1', host, 'Connection: close']],
    ['options of the connection', ['GET / HTTP/1.1', host, 'Connection: keep-alive, x']],
    ['a length with a sign', ['POST / HTTP/1.1', host, 'Content-Length: +5']],
    ['a length with a leading zero', ['POST / HTTP/1.1', host, 'Content-Length: 05']],
    ['a length without digits', ['POST / HTTP/1.1', host, 'Content-Length:']],
    ['a length beyond counting', ['POST / HTTP/1.1', host, 'Content-Length: 9999999999999']],
    ['HEAD', ['HEAD / HTTP/1.1', host]],
    ['a whole URL', ['GET http://h/ HTTP/1.1', host]],
    ['more headers than a hundred', ['GET / HTTP/1.1', host, ...Array.from({ length: 100 }, (_, i) => `x-${i}: y`)]],
    ['more bytes than are read here', ['GET / HTTP/1.1', host, `x: ${'y'.repeat(MOST_HEAD_BYTES)}`]],
  ];
  for (const [what, lines] of declined)
    test(`with ${what} is declined`, () => assert.equal(readHead(head(...lines), 0), 'declined'));

  test('that is too long is declined before it ends', () => {
    assert.equal(readHead(Buffer.from(`GET /${'a'.repeat(MOST_HEAD_BYTES)}`), 0), 'declined');
  });
});
