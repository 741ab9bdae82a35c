import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { httpTwins, type HttpTwins, type Outcome } from '../support/http-twins.ts';

/** Duration of each search (ms). */
const SEARCH_MS = Number(process.env['LAM_TEST_FUZZ_MS'] ?? 5000);
const SEARCH = { numRuns: 1_000_000, interruptAfterTimeLimit: SEARCH_MS };

const PLAIN = [
  'POST /2015-03-31/functions/hello/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"name":"you"}',
  'GET /hello?a=1&b=%20 HTTP/1.1\r\nhost: localhost:8000\r\nuser-agent: curl/8.0\r\naccept: */*\r\n\r\n',
  'PUT /a/b HTTP/1.1\r\nHOST: x\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00a\r\n0123456789\r\n0\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: A,B\r\n\r\nC\r\nGET / HTTP/1.\r\n0\r\nA: 1\r\nb:\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
];
const UNUSUAL = [
  'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: 1\r\nA: 2\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
  'GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
];

/** Header lines: valid ones, invalid ones, and those used for request smuggling. */
const HEADERS = [
  'Content-Length: 5',
  'Content-Length: 5',
  'content-length: 0',
  'Content-Length: +5',
  'Content-Length: -1',
  'Content-Length: 0x5',
  'Content-Length: 05',
  'Content-Length: 5 ',
  'Content-Length:5',
  'Content-Length: 5, 5',
  'Content-Length: 5;5',
  'Content-Length: 5\t',
  'Content-Length:\t5',
  'Content-Length : 5',
  ' Content-Length: 5',
  'Content-Length: ',
  'Content-Length: 99999999999999999999',
  'Content-Length: 18446744073709551621',
  'Content-Length: 1e1',
  'Content-Length: 5\u0000',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding:\u000bchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: xchunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'Connection: keep-alive',
  'Connection: Keep-Alive',
  'Connection: close',
  'Connection: keep-alive, close',
  'Connection: close, content-length',
  'Connection: ',
  'Proxy-Connection: close',
  'Keep-Alive: timeout=5',
  'Host: again',
  'Host: ',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Trailer: x',
  'TE: trailers',
  'X-Empty:',
  'X-Tab: a\tb',
  'X-Latin: \u00e9',
  'X-Delete: \u007f',
  'X-Nul: a\u0000b',
  'X Y: z',
  'X(y): z',
  ': nameless',
  'no colon at all',
  'X-Fold: a\r\n b',
  '__proto__: x',
  'constructor: x',
  `X-Long: ${'v'.repeat(3000)}`,
];
const LINES = [
  'GET / HTTP/1.1',
  'POST /x HTTP/1.1',
  'POST  /x HTTP/1.1',
  'POST /x  HTTP/1.1',
  'POST\t/x HTTP/1.1',
  ' POST /x HTTP/1.1',
  'post /x HTTP/1.1',
  'POST /x HTTP/1.1 ',
  'POST /x HTTP/1.0',
  'POST /x HTTP/1.2',
  'POST /x HTTP/2.0',
  'POST /x HTTP/01.1',
  'POST /x http/1.1',
  'POST /x',
  'POST http://evil/x HTTP/1.1',
  'POST //evil/x HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'CONNECT a:1 HTTP/1.1',
  'GET /a#b HTTP/1.1',
  'GET /a"b<c>{d}|e\\f^g`h HTTP/1.1',
  'GET /\u00e9 HTTP/1.1',
  'GET /\u0000 HTTP/1.1',
  'GET /a\u007f HTTP/1.1',
  'PROPFIND /x HTTP/1.1',
  'BREW /x HTTP/1.1',
  'PRI * HTTP/2.0',
  '',
];
const BODIES = [
  '',
  '5\r\nhello\r\n5 \r\nhello\r\n0\r\n\r\n',
  '5;\r\nhello\r\n0\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '5\r\nhello0\r\n\r\n',
  '5\r\nhello\n0\r\n\r\n',
  '5\r\nhello\r\n-1\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff5\r\nhello\r\n0\r\n\r\n',
  '0000000000005\r\nhello\r\n0\r\n\r\n',
  '\r\n5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
  '5\r\nhello\r\n0\r\nA : 1\r\n\r\n',
  '5\r\nhello\r\n0\r\n\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
  '5\r\nhello\r\n0\r\nA: 1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
  'hello',
  'hell',
  'hello\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
];

/** Cuts bytes wherever the numbers say. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...new Set(at.map((n) => n % (bytes.length + 1)))]
    .filter((n) => n > 0 && n < bytes.length)
    .toSorted((a, b) => a - b);
  return [0, ...ends].map((from, i) => bytes.subarray(from, ends[i] ?? bytes.length));
}

function refuses({ statuses }: Outcome): boolean {
  return statuses.some((status) => status >= 400);
}

function answers({ statuses }: Outcome): number {
  return statuses.filter((status) => status === 200).length;
}

describe('lam and node:http, given the same bytes', () => {
  let twins: HttpTwins;
  before(async () => {
    twins = await httpTwins();
  });
  after(() => twins[Symbol.asyncDispose]());

  /**
   * Asserts that both read the same requests, answer each, and both or neither refuse the rest. One exception: if
   * refused bytes, or ones that end the connection such as CONNECT, arrive in the same read as valid requests before
   * them, `node:http` may lose the answers of those, on either side.
   */
  async function agree(pieces: readonly Buffer[]): Promise<void> {
    const { node, plain } = await twins.both(pieces);
    assert.deepEqual([plain.requests, refuses(plain)], [node.requests, refuses(node)]);
    assert.ok(answers(plain) <= plain.requests.length, 'none is answered twice');
    const breaksOff = /^CONNECT /m.test(Buffer.concat(pieces).toString('latin1'));
    const mayLose = refuses(node) || answers(node) < node.requests.length || breaksOff;
    if (!mayLose) assert.equal(answers(plain), answers(node), 'no answer is lost');
  }

  const cuts = fc.array(fc.nat({ max: 4000 }), { maxLength: 4 });
  const mostly = (usual: string, others: readonly string[]): fc.Arbitrary<string> =>
    fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

  test('read the same plain requests, with any split, and lam serves those itself', async () => {
    const before = twins.served();
    for (const text of [...PLAIN, PLAIN.join(''), PLAIN.join('').repeat(20)]) {
      const bytes = Buffer.from(text, 'latin1');
      const step = bytes.length > 1000 ? 97 : 1;
      for (let at = 0; at < bytes.length; at += step) await agree(cut(bytes, [at]));
    }
    assert.ok(twins.served() - before > 500, 'the test would otherwise compare node:http with itself');
  });

  test('read the same requests that are not plain, before and after plain ones', async () => {
    for (const unusual of UNUSUAL) {
      for (const text of [unusual, PLAIN[0] + unusual, unusual + PLAIN[0], PLAIN.join('') + unusual + PLAIN.join('')]) {
        const bytes = Buffer.from(text, 'latin1');
        await agree([bytes]);
        for (let at = 1; at < bytes.length; at += 7) await agree(cut(bytes, [at]));
      }
    }
  });

  test('read the same requests of any lines', async () => {
    const end = mostly('\r\n', ['\n', '\r', '\r\r\n', '\n\r\n', '']);
    const header = fc.constantFrom(...HEADERS);
    const request = fc
      .record({
        line: mostly('POST /x HTTP/1.1', LINES),
        lineEnd: end,
        host: mostly('Host: x\r\n', ['']),
        headers: fc.array(fc.tuple(header, end), { maxLength: 4 }),
        blank: end,
        body: fc.constantFrom(...BODIES),
      })
      .map(
        ({ line, lineEnd, host, headers, blank, body }) =>
          line + lineEnd + host + headers.map(([h, e]) => h + e).join('') + blank + body,
      );
    const stream = fc.array(fc.oneof(request, fc.constantFrom(...PLAIN, ...UNUSUAL)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(stream, cuts, (parts, at) => agree(cut(Buffer.from(parts.join(''), 'latin1'), at))),
      SEARCH,
    );
  });

  test('read the same requests after bytes of a stream are lost, doubled or changed', async () => {
    const byte = fc.oneof(
      fc.constantFrom(0x0d, 0x0a, 0x20, 0x09, 0x3a, 0x00, 0x2c, 0x3b, 0x2b, 0x30, 0x35, 0x7f, 0x80, 0xff),
      fc.nat({ max: 255 }),
    );
    const change = fc.record({
      at: fc.nat({ max: 2000 }),
      kind: fc.constantFrom('set', 'insert', 'delete', 'double'),
      byte,
      length: fc.nat({ max: 12 }),
    });
    const base = fc.array(fc.constantFrom(...PLAIN, ...PLAIN, ...UNUSUAL), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(base, fc.array(change, { minLength: 1, maxLength: 4 }), cuts, (parts, changes, at) => {
        let bytes = Buffer.from(parts.join(''), 'latin1');
        for (const { at: where, kind, byte: value, length } of changes) {
          const i = where % (bytes.length + 1);
          const [head, tail] = [bytes.subarray(0, i), bytes.subarray(i)];
          if (kind === 'insert') bytes = Buffer.concat([head, Buffer.of(value), tail]);
          else if (kind === 'set') bytes = Buffer.concat([head, Buffer.of(value), tail.subarray(1)]);
          else if (kind === 'delete') bytes = Buffer.concat([head, tail.subarray(length)]);
          else bytes = Buffer.concat([head, tail.subarray(0, length), tail]);
        }
        return agree(cut(bytes, at));
      }),
      SEARCH,
    );
  });
});
