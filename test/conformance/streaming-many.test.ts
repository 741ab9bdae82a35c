import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BootstrapHouse } from './bootstrap-house.ts';
import { StreamReader } from './stream-reader.ts';

const KIB = 1024;
/** Invocations of one sandbox, at most four at the same time. */
const COUNT = 60;

/** Streams `kib` KiB of its own number, in pieces of `piece` KiB, and then ends as `end` says. */
const NODE = `
const { once } = require('node:events');
const { setImmediate: turn } = require('node:timers/promises');
exports.handler = awslambda.streamifyResponse(async ({ number, kib, piece, end }, stream) => {
  for (let sent = 0; sent < kib; sent += piece) {
    if (!stream.write(Buffer.alloc(Math.min(piece, kib - sent) * 1024, number))) await once(stream, 'drain');
    await turn();
  }
  if (end === 'fail') throw new RangeError('as asked');
  stream.end();
});
`;
const PYTHON = `
def handler(event, context):
    kib, piece = event["kib"], event["piece"]
    for sent in range(0, kib, piece):
        yield bytes([event["number"]]) * (min(piece, kib - sent) * 1024)
    if event["end"] == "fail":
        raise LookupError("as asked")
    yield b""

async def handler_async(event, context):
    for item in handler(event, context):
        yield item
`;

/** What one reader does; chosen by its number, so that every run is the same. */
function planOf(number: number) {
  return {
    event: {
      number,
      kib: [0, 1, 31, 32, 33, 255, 256, 257, 700][number % 9] ?? 0,
      piece: [1, 7, 32, 64, 300][number % 5] ?? 1,
      end: number % 7 === 3 ? 'fail' : 'well',
    },
    isSlow: number % 3 === 1,
    leaves: number % 4 === 2,
  };
}

for (const [runtime, handler, code] of [
  ['nodejs', 'index.handler', { 'index.js': NODE }],
  ['python3', 'index.handler', { 'index.py': PYTHON }],
  ['python3', 'index.handler_async', { 'index.py': PYTHON }],
] as const)
  describe(`many streamed answers of one sandbox: ${runtime}, ${handler}`, () => {
    let house: BootstrapHouse;
    before(async () => {
      house = await BootstrapHouse.open();
    });
    after(() => house[Symbol.asyncDispose]());

    test('each end as their own, whatever the readers of the others do', async () => {
      await using booted = await house.boot(runtime, { files: code, handler, concurrency: 4, timeoutMs: 60_000 });
      const run = async (number: number): Promise<void> => {
        const { event, isSlow, leaves } = planOf(number);
        const reader = StreamReader.read(booted.session, event, { isSlow, requestId: `r${number}` });
        // A slow one waits for its first bytes and then some; one that leaves does so in the middle.
        if (isSlow || leaves) {
          if (event.kib > 0) await reader.text(1);
          await new Promise((resolve) => setTimeout(resolve, number % 11));
        }
        if (leaves) reader.cancel();
        else if (isSlow) reader.goOn();
        const { kind } = await reader.ended;
        const seen = Buffer.concat(reader.pieces);
        assert.ok(
          seen.every((byte) => byte === number),
          `${number} has bytes of another`,
        );
        if (leaves) assert.ok(kind === 'result' || (kind === 'error' && event.end === 'fail'), `${number}: ${kind}`);
        else
          assert.deepEqual(
            [kind, seen.length],
            [event.end === 'fail' ? 'error' : 'result', event.kib * KIB],
            `${number}`,
          );
      };
      const numbers = Array.from({ length: COUNT }, (_, i) => i);
      const worker = async (): Promise<void> => {
        for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) await run(number);
      };
      await Promise.all([worker(), worker(), worker(), worker()]);
      assert.deepEqual(
        booted.logs.filter(([id]) => id === 'protocol'),
        [],
      );
      const last = await StreamReader.read(booted.session, { number: 1, kib: 1, piece: 1, end: 'well' }).done();
      assert.equal(last.bytes, KIB);
    });
  });
