import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  CacheGatherer,
  encodeCache,
  encodeFrame,
  encodeLog,
  FRAME,
  FrameDecoder,
  MAX_FIRST_FRAME_BYTES,
  MAX_FRAME_BYTES,
  PAYLOAD_LIMIT,
} from '../../src/executor/frames.ts';

interface Frame {
  readonly type: number;
  readonly request: number;
  readonly meta: string;
  readonly body: Uint8Array;
}

const frame = fc.record<Frame>({
  type: fc.integer({ min: 0, max: 255 }),
  request: fc.integer({ min: 0, max: 0xffffffff }),
  meta: fc.oneof(fc.constant(''), fc.string({ unit: 'binary', maxLength: 300 })),
  body: fc.oneof(
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 30_000, maxLength: 80_000 }) },
  ),
});

/** Splits `bytes` at the given positions (in thousandths); a repeated position makes an empty chunk. */
function cutUp(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [
    ...places.map((place) => Math.floor((place * bytes.length) / 1000)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

/** Decodes `chunks`. Overwrites each chunk afterwards, as a reader does that reuses its memory. */
function decode(
  chunks: readonly Buffer[],
  limit = MAX_FRAME_BYTES,
): { frames: readonly Frame[]; garbage: readonly string[] } {
  const frames: Frame[] = [];
  const garbage: string[] = [];
  const decoder = new FrameDecoder(
    {
      onFrame: (type, request, meta, body) =>
        frames.push({ type, request, meta: meta.toString('utf8'), body: Uint8Array.from(body) }),
      onGarbage: (what) => garbage.push(what),
    },
    limit,
  );
  for (const chunk of chunks) {
    const own = Buffer.from(chunk);
    decoder.push(own);
    own.fill(0xff);
  }
  return { frames, garbage };
}

/** As in UTF-8, which cannot represent a lone surrogate. */
const asWritten = (f: Frame): Frame => ({ ...f, meta: Buffer.from(f.meta).toString('utf8') });

describe('frames', () => {
  test('are decoded as they were encoded, with any split of the stream', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 40 }),
        (frames, places) => {
          const bytes = Buffer.concat(frames.map((f) => encodeFrame(f.type, f.request, f.meta, f.body)));
          assert.deepEqual(decode(cutUp(bytes, places)), { frames: frames.map(asWritten), garbage: [] });
        },
      ),
    );
  });

  test('are decoded as they were encoded, one byte at a time', () => {
    fc.assert(
      fc.property(
        fc.array(
          frame.filter((f) => f.body.length < 1000),
          { maxLength: 4 },
        ),
        (frames) => {
          const bytes = Buffer.concat(frames.map((f) => encodeFrame(f.type, f.request, f.meta, f.body)));
          const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
          assert.deepEqual(decode(single), { frames: frames.map(asWritten), garbage: [] });
        },
      ),
      { numRuns: 30 },
    );
  });

  test('never throw on other bytes, and are refused at most once', () => {
    const noise = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
    fc.assert(
      fc.property(noise, (chunks) => {
        const { garbage } = decode(
          chunks.map((chunk) => Buffer.from(chunk)),
          MAX_FIRST_FRAME_BYTES,
        );
        assert.ok(garbage.length <= 1);
      }),
    );
  });

  test('before garbage are passed on, and none after it', () => {
    fc.assert(
      fc.property(
        frame,
        fc.integer({ min: MAX_FRAME_BYTES + 1, max: 0xffffffff }),
        fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 10 }),
        (f, length, places) => {
          const good = encodeFrame(f.type, f.request, f.meta, f.body);
          const announced = Buffer.alloc(4);
          announced.writeUInt32BE(length);
          const { frames, garbage } = decode(cutUp(Buffer.concat([good, announced, good]), places));
          assert.deepEqual(frames, [asWritten(f)]);
          assert.equal(garbage.length, 1);
        },
      ),
    );
  });

  test('shorter than their header, or with meta beyond their end, are refused', () => {
    assert.match(decode([Buffer.from([0, 0, 0, 6, 1, 0, 0, 0, 0, 0, 0])]).garbage[0] ?? '', /announces 6 bytes; 7 to/);
    assert.match(decode([Buffer.from([0, 0, 0, 7, 1, 0, 0, 0, 0, 0, 1, 0])]).garbage[0] ?? '', /1 bytes of meta/);
  });

  test('carry the largest payload, and nothing over their limit', () => {
    const body = Buffer.alloc(PAYLOAD_LIMIT, 'ä');
    const bytes = encodeFrame(FRAME.result, 1, '', body);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
      bytes.subarray(i * 65_536, (i + 1) * 65_536),
    );
    const [only] = decode(chunks).frames;
    assert.ok(only !== undefined && body.equals(only.body));
    assert.equal(
      decode([encodeFrame(FRAME.hello, 0, '', Buffer.alloc(MAX_FIRST_FRAME_BYTES))], MAX_FIRST_FRAME_BYTES).garbage
        .length,
      1,
    );
  });

  test('of logs carry stream, time and text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2),
        fc.double({ noNaN: true }),
        fc.string({ unit: 'grapheme' }),
        (stream, time, text) => {
          const [only] = decode([encodeLog(7, stream, time, text)]).frames;
          assert.ok(only !== undefined && only.type === FRAME.log && only.request === 7 && only.meta === '');
          const body = Buffer.from(only.body);
          assert.deepEqual([body[0], body.readDoubleBE(1), body.toString('utf8', 9)], [stream, time, text]);
        },
      ),
    );
  });

  test('reassemble a start-up cache from its parts, after any other parts', () => {
    const parts = fc.array(
      fc.record({ meta: fc.oneof(fc.nat(40).map(String), fc.string()), body: fc.uint8Array({ maxLength: 40 }) }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), parts, fc.nat(3), (cache, junk, copies) => {
        const gatherer = new CacheGatherer();
        for (const { meta, body } of junk) gatherer.add(Buffer.from(meta), body);
        // The rest of the junk is dropped at the first part that does not fit it.
        gatherer.add(Buffer.from('0'), Buffer.alloc(0));
        for (let i = 0; i <= copies; i += 1) {
          const { frames } = decode(encodeCache(FRAME.newCache, cache));
          const whole = frames.map(({ meta, body }) => gatherer.add(Buffer.from(meta), body));
          assert.deepEqual(whole, [Buffer.from(cache)]);
        }
      }),
    );
  });
});
