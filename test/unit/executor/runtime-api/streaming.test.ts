import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';

import { HTTP_STREAM, LIMITS, PLAIN_STREAM } from '../../../../src/contract/index.ts';
import type { InvokeOutcome } from '../../../../src/executor/session.ts';
import { StreamReader } from '../../../conformance/stream-reader.ts';
import { INIT, Rig } from './rig.ts';

const MODE = 'lambda-runtime-function-response-mode';
const STREAMING = { [MODE]: 'streaming' };
const MIB = Buffer.alloc(1024 * 1024, 'x');

interface Streaming {
  readonly rig: Rig;
  readonly id: string;
  readonly reader: StreamReader;
}

/** Brings a rig to the state in which next has received its event. */
async function running(
  rig: Rig,
  options: { readonly isSlow?: boolean; readonly countsOnly?: boolean; readonly timeoutMs?: number } = {},
) {
  const next = rig.next();
  const { timeoutMs = 20_000, ...more } = options;
  assert.equal((await rig.api.session.init({ ...INIT, timeoutMs }, 2000)).kind, 'ready');
  const reader = StreamReader.read(rig.api.session, {}, more);
  const { headers } = await next;
  return { rig, reader, id: String(headers['lambda-runtime-aws-request-id']) };
}

/** Begins to post a response. */
function post({ rig, id }: Streaming, headers: Readonly<Record<string, string>> = STREAMING): ClientRequest {
  const path = `/2018-06-01/runtime/invocation/${id}/response`;
  const trailer = 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body';
  const req = request({
    host: '127.0.0.1',
    port: rig.port,
    method: 'POST',
    path,
    headers: { trailer, ...headers },
    agent: false,
  });
  req.on('error', () => undefined);
  return req;
}

async function statusOf(req: ClientRequest): Promise<number | undefined> {
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  res.resume();
  return res.statusCode;
}

const typeOf = (outcome: InvokeOutcome): string => (outcome.kind === 'error' ? outcome.errorType : outcome.kind);

describe('a streamed response to the Runtime API', () => {
  test('is passed on as it arrives, and accepted at its end', async () => {
    using rig = await Rig.open();
    const at = await running(rig);
    const req = post(at, { ...STREAMING, 'content-type': 'text/plain' });
    req.write('a');
    assert.equal(await at.reader.text(1), 'a');
    assert.equal(at.reader.contentType, 'text/plain');
    req.end('b');
    assert.equal(await statusOf(req), 202);
    assert.equal((await at.reader.done()).whole, 'ab');
    const again = rig.next();
    await StreamReader.read(rig.api.session, {}).text(0);
    assert.equal((await again).status, 200);
  });

  test('is recognized by its content type alone, as Go sends it', async () => {
    using rig = await Rig.open();
    const at = await running(rig);
    const req = post(at, { 'content-type': HTTP_STREAM });
    req.write('{}');
    await at.reader.text(2);
    assert.equal(at.reader.contentType, HTTP_STREAM);
    req.end();
    await at.reader.done();
  });

  test('may be empty, and have no content type', async () => {
    using rig = await Rig.open();
    const at = await running(rig);
    post(at).end();
    assert.deepEqual([(await at.reader.done()).whole, at.reader.contentType], ['', PLAIN_STREAM]);
  });

  test('fails with the error of its trailers', async () => {
    const body = Buffer.from('{"errorMessage":"m","errorType":"Own.Type"}').toString('base64');
    const trailers = {
      'Lambda-Runtime-Function-Error-Type': 'Runtime.StreamError',
      'Lambda-Runtime-Function-Error-Body': body,
    };
    for (const piece of ['half', '']) {
      using rig = await Rig.open();
      const at = await running(rig);
      const req = post(at);
      req.flushHeaders();
      if (piece !== '') req.write(piece);
      req.addTrailers(trailers);
      req.end();
      const ended = await at.reader.ended;
      assert.ok(ended.kind === 'error' && ended.errorType === 'Runtime.StreamError', JSON.stringify(ended));
      assert.equal(Buffer.from(ended.payload).toString(), '{"errorMessage":"m","errorType":"Own.Type"}');
      assert.deepEqual([at.reader.whole, at.reader.contentType], [piece, piece === '' ? undefined : PLAIN_STREAM]);
    }
  });

  test('is truncated when its connection breaks', async () => {
    using rig = await Rig.open();
    const at = await running(rig);
    const req = post(at);
    req.write('half');
    await at.reader.text(4);
    req.destroy();
    assert.equal(typeOf(await at.reader.ended), 'Runtime.TruncatedResponse');
  });

  test('is not read while its reader is behind', async () => {
    using rig = await Rig.open();
    const at = await running(rig, { isSlow: true });
    const req = post(at);
    let sent = 0;
    const writing = (async () => {
      for (; sent < 32; sent++) if (!req.write(MIB)) await once(req, 'drain');
      req.end();
    })();
    await at.reader.stalled();
    assert.ok(sent < 16, `${sent} MiB were sent unread`);
    at.reader.goOn();
    await writing;
    assert.equal((await at.reader.done()).bytes, 32 * MIB.length);
  });

  test('is read to its end when its reader has left, and the runtime goes on', async () => {
    using rig = await Rig.open();
    const at = await running(rig);
    const req = post(at);
    req.write('a');
    await at.reader.text(1);
    at.reader.cancel();
    for (let i = 0; i < 8; i++) if (!req.write(MIB)) await once(req, 'drain');
    req.end();
    assert.equal(await statusOf(req), 202);
    assert.equal((await at.reader.done()).whole, 'a');
  });

  test('is cut off beyond the limit, with 413', async () => {
    using rig = await Rig.open();
    const at = await running(rig, { countsOnly: true });
    const req = post(at);
    const answered = statusOf(req);
    for (let sent = 0; sent <= LIMITS.streamedBytes; sent += MIB.length) if (!req.write(MIB)) await once(req, 'drain');
    req.end();
    assert.equal(await answered, 413);
    assert.equal(typeOf(await at.reader.ended), 'too-large');
    assert.ok(at.reader.bytes <= LIMITS.streamedBytes);
  });

  test('ends at the time-out of its invocation, without another piece', async () => {
    using rig = await Rig.open();
    const at = await running(rig, { timeoutMs: 200 });
    const req = post(at);
    req.write('a');
    await at.reader.text(1);
    assert.equal(typeOf(await at.reader.ended), 'timeout');
    req.write('b');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(at.reader.whole, 'a');
    req.destroy();
  });

  test('cannot be posted twice, but an error ends it', async () => {
    using rig = await Rig.open();
    const at = await running(rig);
    const first = post(at);
    first.write('a');
    await at.reader.text(1);
    assert.equal((await rig.post(at.id, 'response', { headers: STREAMING })).status, 403);
    assert.equal((await rig.post(at.id, 'error', { body: '{"errorType":"E"}' })).status, 202);
    assert.equal(typeOf(await at.reader.ended), 'E');
    first.end('b');
    assert.equal(await statusOf(first), 403);
    assert.equal(at.reader.whole, 'a');
  });

  test('is one of several at once', async () => {
    using rig = await Rig.open();
    const polls = [rig.next(), rig.next()];
    const ready = await rig.api.session.init({ ...INIT, concurrency: 2 }, 2000);
    assert.equal(ready.kind, 'ready');
    const readers = ['a', 'b'].map((requestId) => StreamReader.read(rig.api.session, {}, { requestId }));
    const ids = (await Promise.all(polls)).map(({ headers }) => String(headers['lambda-runtime-aws-request-id']));
    const posts = ids.map((id, i) => {
      const req = post({ rig, id, reader: readers[i] ?? assert.fail() });
      req.write(`${id}1`);
      return req;
    });
    for (const [i, id] of ids.entries()) {
      const reader = readers.find((_reader, j) => ['a', 'b'][j] === id) ?? assert.fail();
      assert.equal(await reader.text(2), `${id}1`);
      posts[i]?.end(`${id}2`);
      assert.equal((await reader.done()).whole, `${id}1${id}2`);
    }
  });
});
