import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HTTP_STREAM, PLAIN_STREAM } from '../../src/contract/index.ts';
import { BootstrapHouse, type BootOptions, type BootedProcess } from './bootstrap-house.ts';
import { StreamReader } from './stream-reader.ts';

/** Yields what `event['what']` names; the async handlers do the same on an event loop. */
const HANDLER = `
import asyncio, time
MIB = 1024 * 1024

def items(event, context):
    what = event["what"]
    try:
        if what == "pieces":
            for piece in event["pieces"]:
                print("yields", piece)
                yield piece
                yield event["ms"]
        elif what == "types":
            yield from ["ü", b"b", bytearray(b"c"), memoryview(b"d"), b""]
        elif what == "http":
            yield {"statusCode": 201, "headers": {"x-a": "ü"}, "cookies": ["c=d"]}
            if "body" in event:
                yield event["body"]
        elif what == "large":
            for number in range(event["mib"]):
                yield bytes([number]) * MIB
        elif what == "forever":
            while True:
                yield bytes(MIB)
        elif what == "fails":
            if "piece" in event:
                yield event["piece"]
            raise LookupError("in the middle")
        elif what == "odd":
            yield b"x"
            yield event["item"]
        elif what == "context":
            yield context.aws_request_id
    finally:
        if what in ("large", "forever"):
            print("closed")

def sync(event, context):
    for item in items(event, context):
        if isinstance(item, int) and event["what"] == "pieces":
            time.sleep(item / 1000)
        else:
            yield item

async def loop(event, context):
    source = items(event, context)
    try:
        for item in source:
            if isinstance(item, int) and event["what"] == "pieces":
                await asyncio.sleep(item / 1000)
            else:
                yield item
    finally:
        source.close()

def returns(event, context):
    return sync(event, context)

async def awaits(event, context):
    await asyncio.sleep(0)
    return sync(event, context)
`;
const FILES = { 'index.py': HANDLER };
/** Handlers, and how many invocations their sandboxes run at once. */
const FORMS: readonly (readonly [handler: string, concurrency: number])[] = [
  ['sync', 1],
  ['loop', 1],
  ['sync', 3],
  ['loop', 3],
  ['returns', 3],
  ['awaits', 1],
  ['awaits', 3],
];

for (const [handler, concurrency] of FORMS)
  describe(`a Python generator that streams: ${handler}, ${concurrency} at once`, { concurrency: false }, () => {
    let house: BootstrapHouse;
    before(async () => {
      house = await BootstrapHouse.open();
    });
    after(() => house[Symbol.asyncDispose]());

    const boot = (over: Partial<BootOptions> = {}): Promise<BootedProcess> =>
      house.boot('python3', { files: FILES, handler: `index.${handler}`, concurrency, ...over });

    test('sends each piece when it is yielded, and its log with it', async () => {
      await using booted = await boot();
      const reader = StreamReader.read(booted.session, { what: 'pieces', pieces: ['a', 'b', 'c'], ms: 200 });
      assert.equal(await reader.text(1), 'a');
      assert.ok(reader.outcome === undefined, 'the first piece arrives before the end');
      const ended = await reader.ended;
      assert.ok(ended.kind === 'result' && ended.payload.length === 0 && (ended.ranMs ?? 0) >= 590);
      assert.deepEqual([reader.whole, reader.contentType], ['abc', PLAIN_STREAM]);
      assert.deepEqual(booted.of('r'), ['yields a', 'yields b', 'yields c']);
    });

    test('sends text and bytes, a head of an HTTP response, or nothing', async () => {
      await using booted = await boot();
      assert.equal((await StreamReader.read(booted.session, { what: 'types' }).done()).whole, 'übcd');
      const head = '{"statusCode": 201, "headers": {"x-a": "ü"}, "cookies": ["c=d"]}\0\0\0\0\0\0\0\0';
      const http = await StreamReader.read(booted.session, { what: 'http', body: 'body' }).done();
      assert.deepEqual([http.contentType, http.whole], [HTTP_STREAM, `${head}body`]);
      assert.equal((await StreamReader.read(booted.session, { what: 'http' }).done()).whole, head);
      const nothing = await StreamReader.read(booted.session, { what: 'nothing' }).done();
      assert.deepEqual([nothing.whole, nothing.contentType], ['', PLAIN_STREAM]);
      assert.equal((await StreamReader.read(booted.session, { what: 'context' }).done()).whole, 'r');
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
    });

    test('is closed when its reader leaves, and its process goes on', async () => {
      await using booted = await boot();
      const reader = StreamReader.read(booted.session, { what: 'forever' }, { isSlow: true });
      await reader.stalled();
      reader.cancel();
      assert.equal((await reader.ended).kind, 'result');
      assert.deepEqual(booted.of('r'), ['closed']);
      const again = StreamReader.read(booted.session, { what: 'pieces', pieces: ['again'], ms: 0 });
      assert.equal((await again.done()).whole, 'again');
    });

    test('fails in the middle, before it has begun, or with something that is no bytes', async () => {
      await using booted = await boot();
      const middle = StreamReader.read(booted.session, { what: 'fails', piece: 'half' });
      const ended = await middle.ended;
      assert.ok(ended.kind === 'error' && ended.errorType === 'LookupError', JSON.stringify(ended));
      assert.equal(middle.whole, 'half');
      const before = StreamReader.read(booted.session, { what: 'fails' });
      assert.equal((await before.ended).kind, 'error');
      assert.equal(before.contentType, undefined, 'no stream has begun');
      for (const [item, name] of [
        [null, 'NoneType'],
        [{}, 'dict'],
      ] as const) {
        const odd = await StreamReader.read(booted.session, { what: 'odd', item }).ended;
        assert.ok(odd.kind === 'error' && odd.errorType === 'Runtime.MarshalError');
        assert.match(Buffer.from(odd.payload).toString(), new RegExp(`yields bytes or str, not ${name}`));
      }
    });

    test('holds its place until its end', async () => {
      await using booted = await boot();
      const names = ['a', 'b', 'c', 'd', 'e'];
      const readers = names.map((name) =>
        StreamReader.read(
          booted.session,
          { what: 'pieces', pieces: [`${name}1 `, `${name}2 `], ms: 2 },
          { requestId: name },
        ),
      );
      for (const [i, name] of names.entries()) {
        const reader = readers[i] ?? assert.fail();
        const { kind } = await reader.ended;
        // One that waits for long is given back, and has not run.
        const hasRun = i < concurrency || kind === 'result';
        assert.equal(kind, hasRun ? 'result' : 'unstarted');
        assert.equal(reader.whole, hasRun ? `${name}1 ${name}2 ` : '');
        assert.deepEqual(booted.of(name), hasRun ? [`yields ${name}1 `, `yields ${name}2 `] : []);
      }
    });

    const beside = concurrency > 1 ? test : undefined;
    const alone = concurrency > 1 ? undefined : test;
    void alone?.('gives back what was sent ahead while it waits for its reader', async () => {
      await using booted = await boot();
      const slow = StreamReader.read(booted.session, { what: 'large', mib: 1 }, { isSlow: true });
      await slow.stalled();
      const behind = StreamReader.read(booted.session, { what: 'nothing' }, { requestId: 'behind' });
      assert.equal((await behind.ended).kind, 'unstarted');
      slow.goOn();
      await slow.done();
    });

    void beside?.('streams at the pace of its own reader beside others', async () => {
      await using booted = await boot();
      const slow = StreamReader.read(booted.session, { what: 'large', mib: 2 }, { isSlow: true, requestId: 'slow' });
      await slow.stalled();
      const quick = StreamReader.read(booted.session, { what: 'large', mib: 2 }, { requestId: 'quick' });
      assert.equal((await quick.done()).bytes, 2 * 1024 * 1024);
      assert.equal(slow.outcome, undefined);
      slow.goOn();
      assert.equal((await slow.done()).bytes, 2 * 1024 * 1024);
    });
  });
