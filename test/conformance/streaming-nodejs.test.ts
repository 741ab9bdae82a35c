import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HTTP_STREAM, PLAIN_STREAM } from '../../src/contract/index.ts';
import { BootstrapHouse, type BootOptions, type BootedProcess } from './bootstrap-house.ts';
import { StreamReader } from './stream-reader.ts';

/** Does what `event.what` names with the stream. */
const HANDLER = `
const { pipeline } = require('node:stream/promises');
const { Readable } = require('node:stream');
const { once } = require('node:events');
const { setTimeout: pause } = require('node:timers/promises');
const MIB = 1024 * 1024;
let held = 0;
const actions = {
  pieces: async (event, stream) => {
    for (const piece of event.pieces) { console.log('writes ' + piece); stream.write(piece); await pause(event.ms); }
    stream.end();
  },
  types: async (event, stream) => { stream.write({ a: 1 }); stream.write(Buffer.from('b')); stream.write(new Uint8Array([99])); stream.end('d'); },
  nothing: async (event, stream) => stream.end(),
  typed: async (event, stream) => { stream.setContentType('text/plain'); stream.write('x'); stream.end(); },
  late: async (event, stream) => { stream.write('x'); stream.setContentType('text/plain'); },
  http: async (event, stream) => {
    stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-a': 'b' }, cookies: ['c=d'] });
    if (event.body !== undefined) stream.write(event.body);
    stream.end();
  },
  large: async (event, stream) => {
    for (let i = 0; i < event.mib; i++) if (!stream.write(Buffer.alloc(MIB, i))) { held++; await once(stream, 'drain'); }
    stream.end();
    console.log('waited ' + (held > 0));
  },
  pipes: async (event, stream) => {
    try { await pipeline(Readable.from((function* () { for (;;) yield Buffer.alloc(MIB); })()), stream); }
    finally { console.log('destroyed ' + stream.destroyed); }
  },
  forever: async (event, stream) => {
    while (!stream.destroyed) { if (!stream.write(Buffer.alloc(MIB))) await once(stream, 'drain'); }
    console.log('noticed');
  },
  fails: async (event, stream) => { if (event.piece) stream.write(event.piece); await pause(5); throw new RangeError('in the middle'); },
  breaks: async (event, stream) => { stream.write('x'); stream.destroy(new RangeError('of the source')); },
  unended: async (event, stream) => { stream.write('x'); },
  later: async (event, stream) => { setTimeout(() => { stream.write('later'); stream.end(); }, 20); },
  crash: async (event, stream) => { stream.write('x'); setTimeout(() => { throw new Error('stray'); }, 5); await pause(60_000); },
  returns: async (event, stream) => { stream.end('x'); return 'ignored'; },
  sleep: async (event, stream, context) => { stream.end(String(context.getRemainingTimeInMillis() > 0 && context.awsRequestId)); },
};
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => actions[event.what](event, stream, context));
exports.sync = awslambda.streamifyResponse((event, stream) => { stream.end('x'); });
exports.marked = awslambda.streamifyResponse(async (event, stream) => { stream.end(String(stream.writableHighWaterMark)); }, { highWaterMark: 77 });
exports.odd = Object.assign(async () => 1, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'request' });
`;
const FILES = { 'index.js': HANDLER };

describe('a Node handler that streams', { concurrency: false }, () => {
  let house: BootstrapHouse;
  before(async () => {
    house = await BootstrapHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const boot = (over: Partial<BootOptions> = {}): Promise<BootedProcess> =>
    house.boot('nodejs', { files: FILES, ...over });

  test('sends each piece when it is written, and its log with it', async () => {
    await using booted = await boot();
    const reader = StreamReader.read(booted.session, { what: 'pieces', pieces: ['a', 'b', 'c'], ms: 300 });
    assert.equal(await reader.text(1), 'a');
    assert.ok(reader.outcome === undefined, 'the first piece arrives before the end');
    const ended = await reader.ended;
    assert.equal(reader.whole, 'abc');
    assert.ok(
      ended.kind === 'result' && ended.payload.length === 0 && (ended.ranMs ?? 0) >= 890,
      JSON.stringify(ended),
    );
    assert.equal(reader.contentType, PLAIN_STREAM);
    assert.deepEqual(booted.of('r'), ['writes a', 'writes b', 'writes c']);
  });

  test('sends bytes as they are, other values as JSON, and an empty answer as such', async () => {
    await using booted = await boot();
    assert.equal((await StreamReader.read(booted.session, { what: 'types' }).done()).whole, '{"a":1}bcd');
    const nothing = await StreamReader.read(booted.session, { what: 'nothing' }).done();
    assert.deepEqual([nothing.whole, nothing.contentType], ['', PLAIN_STREAM]);
  });

  test('sets the content type before the first piece only', async () => {
    await using booted = await boot();
    assert.equal((await StreamReader.read(booted.session, { what: 'typed' }).done()).contentType, 'text/plain');
    const late = await StreamReader.read(booted.session, { what: 'late' }).ended;
    assert.ok(late.kind === 'error' && late.errorType === 'Runtime.InvalidStreamingOperation');
    assert.match(Buffer.from(late.payload).toString(), /Cannot set content-type, too late\./);
  });

  test('puts the head of an HTTP response before the first piece, or alone', async () => {
    await using booted = await boot();
    const head = '{"statusCode":201,"headers":{"x-a":"b"},"cookies":["c=d"]}\0\0\0\0\0\0\0\0';
    const whole = await StreamReader.read(booted.session, { what: 'http', body: 'body' }).done();
    assert.deepEqual([whole.contentType, whole.whole], [HTTP_STREAM, `${head}body`]);
    assert.equal((await StreamReader.read(booted.session, { what: 'http' }).done()).whole, head);
  });

  test('waits as long as its reader is behind, and loses nothing', async () => {
    await using booted = await boot();
    const reader = StreamReader.read(booted.session, { what: 'large', mib: 3 }, { isSlow: true });
    await reader.stalled();
    assert.ok(reader.bytes <= 256 * 1024, `${reader.bytes} bytes came unasked`);
    reader.goOn();
    await reader.done();
    const whole = Buffer.concat(reader.pieces);
    assert.equal(whole.length, 3 * 1024 * 1024);
    assert.deepEqual([whole[0], whole[1024 * 1024], whole.at(-1)], [0, 1, 2]);
    assert.deepEqual(booted.of('r'), ['waited true']);
  });

  for (const [what, said] of [
    ['pipes', 'destroyed true'],
    ['forever', 'noticed'],
  ] as const)
    test(`is told when its reader leaves, and its process goes on (${what})`, async () => {
      await using booted = await boot();
      const reader = StreamReader.read(booted.session, { what }, { isSlow: true });
      await reader.stalled();
      reader.cancel();
      assert.equal((await reader.ended).kind, 'result');
      assert.deepEqual(booted.of('r'), [said]);
      const again = await StreamReader.read(booted.session, { what: 'pieces', pieces: ['again'], ms: 0 }).done();
      assert.equal(again.whole, 'again');
    });

  test('fails in the middle, or before it has begun', async () => {
    await using booted = await boot();
    const middle = StreamReader.read(booted.session, { what: 'fails', piece: 'half' });
    const ended = await middle.ended;
    assert.ok(ended.kind === 'error' && ended.errorType === 'RangeError', JSON.stringify(ended));
    assert.equal(middle.whole, 'half');
    const before = StreamReader.read(booted.session, { what: 'fails' });
    assert.equal((await before.ended).kind, 'error');
    assert.equal(before.contentType, undefined, 'no stream has begun');
    const broken = await StreamReader.read(booted.session, { what: 'breaks' }).ended;
    assert.ok(broken.kind === 'error' && broken.errorType === 'RangeError');
  });

  test('fails when it does not end its stream and nothing is left that could', async () => {
    await using booted = await boot();
    const ended = await StreamReader.read(booted.session, { what: 'unended' }).ended;
    assert.ok(ended.kind === 'error' && ended.errorType === 'Runtime.InvalidStreamingOperation');
    assert.match(Buffer.from(ended.payload).toString(), /Response stream is not finished\./);
    assert.equal((await StreamReader.read(booted.session, { what: 'later' }).done()).whole, 'later');
  });

  test('takes its stream down with an uncaught error', async () => {
    await using booted = await boot();
    const ended = await StreamReader.read(booted.session, { what: 'crash' }).ended;
    assert.ok(ended.kind === 'error' && ended.leaving === true, JSON.stringify(ended));
  });

  test('has a context, and a return value that is ignored with a warning', async () => {
    await using booted = await boot();
    assert.equal((await StreamReader.read(booted.session, { what: 'sleep' }).done()).whole, 'r');
    assert.equal((await StreamReader.read(booted.session, { what: 'returns' }).done()).whole, 'x');
    assert.deepEqual(booted.of('r'), ['Streaming handlers ignore return values.']);
  });

  test('must be asynchronous, and stream its response', async () => {
    await using sync = await boot({ handler: 'index.sync' });
    const ended = await StreamReader.read(sync.session, {}).ended;
    assert.ok(ended.kind === 'error' && ended.errorType === 'Runtime.MalformedStreamingHandler');
    assert.match(Buffer.from(ended.payload).toString(), /Streaming does not support non-async handlers\./);
    await using odd = await boot({ handler: 'index.odd' });
    assert.ok(odd.init.kind === 'error' && odd.init.errorType === 'Runtime.MalformedStreamingHandler');
  });

  test('may set its high-water mark', async () => {
    await using booted = await boot({ handler: 'index.marked' });
    assert.equal((await StreamReader.read(booted.session, {}).done()).whole, '77');
  });

  test('finds no global object if the function has turned it off', async () => {
    const files = { 'index.js': 'exports.handler = async () => typeof awslambda;' };
    const environment = { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: '1' };
    await using off = await boot({ files, environment, stemMs: 300 });
    assert.equal(await off.json({}), 'undefined');
    await using on = await boot({ files });
    assert.equal(await on.json({}), 'object');
  });

  test('streams several answers at once, each at the pace of its reader', async () => {
    await using booted = await boot({ concurrency: 3 });
    const slow = StreamReader.read(booted.session, { what: 'large', mib: 2 }, { isSlow: true, requestId: 'slow' });
    await slow.stalled();
    const [a, b] = ['a', 'b'].map((name) =>
      StreamReader.read(
        booted.session,
        { what: 'pieces', pieces: [`${name}1 `, `${name}2 `], ms: 50 },
        { requestId: name },
      ),
    );
    assert.equal((await a?.done())?.whole, 'a1 a2 ');
    assert.equal((await b?.done())?.whole, 'b1 b2 ');
    assert.equal(slow.outcome, undefined);
    slow.goOn();
    assert.equal((await slow.done()).bytes, 2 * 1024 * 1024);
    assert.deepEqual(booted.of('a'), ['writes a1 ', 'writes a2 ']);
    assert.deepEqual(booted.of('slow'), ['waited true']);
  });

  test('holds its place until its end: what was sent ahead starts after it', async () => {
    await using booted = await boot();
    const first = StreamReader.read(booted.session, { what: 'pieces', pieces: ['a', 'b'], ms: 2 });
    const second = StreamReader.read(booted.session, { what: 'pieces', pieces: ['c'], ms: 0 }, { requestId: 's' });
    assert.equal((await first.done()).whole, 'ab');
    // It is given back if it waits for long, and has then not run.
    const hasRun = (await second.ended).kind === 'result';
    assert.equal(second.whole, hasRun ? 'c' : '');
    assert.deepEqual(booted.logs, [['r', 'writes a'], ['r', 'writes b'], ...(hasRun ? [['s', 'writes c']] : [])]);
  });
});
