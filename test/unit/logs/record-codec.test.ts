import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LogRecord, PlatformRecord } from '../../../src/contract/index.ts';
import { platformText } from '../../../src/logs/platform-text.ts';
import { RecordBatch } from '../../../src/logs/record-batch.ts';
import { decodeChunk, type Source } from '../../../src/logs/record-codec.ts';
import { nodeId, asSandboxId, asRequestId, asVersion } from '../../support/ids.ts';

const NODE = nodeId('0123456789ab');

const REPORT: Extract<PlatformRecord, { type: 'report' }> = {
  type: 'report',
  status: 'success',
  durationMs: 1.2345,
  billedMs: 2,
  memoryMiB: 128,
  maxMemoryMiB: 36,
  start: 'cold',
};

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('', '\n', '\r\n\u0000\u2028\u2029', '\ud83e', '\udd86x', 'x\ud83e', '["[1,2]"]', '日本語 🦆'),
);
const anyTime = fc.double({ noNaN: true, min: 0, max: 1e13 });
const anySource: fc.Arbitrary<Source> = fc.record({
  version: fc.constantFrom(...[1, 2, 70_000].map(asVersion)),
  sandbox: fc.constantFrom(...['0123abcd', 'ff', ''].map(asSandboxId)),
});
const anyId = fc.oneof(fc.uuid(), fc.constant(''));
const anyReport = fc.record(
  {
    type: fc.constant('report' as const),
    status: fc.constantFrom('success' as const, 'error' as const, 'timeout' as const, 'failure' as const),
    errorType: anyText,
    durationMs: fc.double({ noNaN: true, min: 0, max: 1e9 }),
    billedMs: fc.nat(),
    memoryMiB: fc.nat(),
    maxMemoryMiB: fc.nat(),
    initMs: fc.double({ noNaN: true, min: 0, max: 1e9 }),
    start: fc.constantFrom('cold' as const, 'warm' as const, 'stem' as const),
  },
  { requiredKeys: ['type', 'status', 'durationMs', 'billedMs', 'memoryMiB', 'maxMemoryMiB', 'start'] },
);
const anyPlatform: fc.Arbitrary<PlatformRecord> = fc.oneof(
  fc.constant({ type: 'start' as const }),
  anyReport,
  fc.record({ type: fc.constant('note' as const), text: anyText }),
  fc.record({ type: fc.constant('init-error' as const), errorType: anyText }),
);
const anyPrint = fc.record({
  source: anySource,
  stream: fc.constantFrom('stdout' as const, 'stderr' as const),
  text: anyText,
  id: anyId,
  time: anyTime,
});
const anyNote = fc.record({ source: anySource, platform: anyPlatform, id: anyId, time: anyTime });
type Print = typeof anyPrint extends fc.Arbitrary<infer T> ? T : never;
type Note = typeof anyNote extends fc.Arbitrary<infer T> ? T : never;

function put(batch: RecordBatch, one: Print | Note): LogRecord {
  const { time } = one;
  const requestId = asRequestId(one.id);
  const source = { ...one.source };
  if ('text' in one) {
    batch.text(source, one.stream, one.text, requestId, time);
    return { time, stream: one.stream, requestId, ...source, node: NODE, text: one.text };
  }
  const platform = { ...one.platform };
  batch.platform(source, platform, requestId, time);
  return {
    time,
    stream: 'platform',
    requestId,
    ...source,
    node: NODE,
    text: platformText(platform, requestId, source.version),
    platform,
  };
}

/** Encodes a batch in the middle of a larger buffer. */
function bytesOf(batch: RecordBatch): Uint8Array {
  const parts = batch.parts();
  const all = Buffer.alloc(parts.size + 20, '!');
  batch.write(parts, all, 7);
  return all.subarray(7, 7 + parts.size);
}

describe('the records of a chunk', () => {
  test('are decoded exactly as they were added, in order, whatever their text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyPrint, anyNote), { maxLength: 100 }), (all) => {
        const batch = new RecordBatch();
        // Earlier records must leave no trace after clear().
        for (const one of all.slice(0, 3)) put(batch, one);
        batch.clear();
        const expected = all.map((one) => put(batch, one));
        assert.equal(batch.count, all.length);
        assert.deepEqual(decodeChunk(bytesOf(batch), NODE), expected);
        assert.deepEqual(
          [batch.firstMs, batch.lastMs],
          [Math.min(...all.map((r) => r.time)), Math.max(...all.map((r) => r.time))],
        );
      }),
    );
  });

  test('may be many, of many sandboxes', () => {
    const batch = new RecordBatch();
    const expected = Array.from({ length: 5000 }, (_, i) => {
      const source = { version: asVersion(1), sandbox: asSandboxId(`s${i % 300}`) };
      return put(batch, { source, stream: 'stdout', text: `line ${i}`, id: `r${i}`, time: i });
    });
    assert.deepEqual(decodeChunk(bytesOf(batch), NODE), expected);
    assert.ok(batch.weight > 5000 * 20 && batch.weight < bytesOf(batch).length);
  });

  test('of a kind that is not encoded in numbers are kept as JSON', () => {
    const batch = new RecordBatch();
    const report = {
      type: 'report',
      status: 'success',
      durationMs: 1,
      billedMs: 1,
      memoryMiB: 1,
      maxMemoryMiB: 1,
      start: 'thawed',
    };
    batch.platform(
      { version: asVersion(1), sandbox: asSandboxId('a') },
      report as unknown as PlatformRecord,
      asRequestId('id'),
      1,
    );
    assert.deepEqual(decodeChunk(bytesOf(batch), NODE)[0]?.platform, report);
  });

  test('with too long a request id are kept with the id cut', () => {
    const batch = new RecordBatch();
    batch.text({ version: asVersion(1), sandbox: asSandboxId('a') }, 'stdout', 'text', asRequestId('i'.repeat(300)), 1);
    batch.text({ version: asVersion(1), sandbox: asSandboxId('a') }, 'stdout', 'next', asRequestId('j'), 1);
    assert.deepEqual(
      decodeChunk(bytesOf(batch), NODE).map((r) => [r.requestId, r.text]),
      [
        ['i'.repeat(255), 'text'],
        ['j', 'next'],
      ],
    );
  });

  test('that are damaged are skipped, and decoding never throws', () => {
    const batch = new RecordBatch();
    for (let i = 0; i < 20; i++)
      put(batch, {
        source: { version: asVersion(1), sandbox: asSandboxId('a') },
        stream: 'stdout',
        text: `line ${i}`,
        id: 'r',
        time: i,
      });
    const whole = bytesOf(batch);
    const records = decodeChunk(whole, NODE);
    for (let end = 0; end <= whole.length; end++) {
      const some = decodeChunk(whole.slice(0, end), NODE);
      assert.deepEqual(some, records.slice(0, some.length));
    }
    assert.ok(decodeChunk(whole.slice(0, -10), NODE).length >= 17);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeChunk(bytes, NODE)));
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const changed = whole.slice();
        changed[at] = value;
        decodeChunk(changed, NODE);
      }),
    );
  });

  test('of an earlier lam are lines of JSON', () => {
    const place = { requestId: 'id', version: 3, sandbox: 'ab', node: NODE };
    const report = { ...REPORT, durationMs: 1.5 };
    const lines = [
      '[1.5,"o","id",3,"ab","a\\ud800\\n"]',
      '[2,"e","id",3,"ab",""]',
      '[3,"p","id",3,"ab",{"type":"start"}]',
      `[4,"p","id",3,"ab",${JSON.stringify(report)}]`,
      ...['', '{', '[1,2', '{}', 'null', '[]', '[1,"x","",1,"",""]', '[1,"o","",1,"s"]'],
    ];
    assert.deepEqual(decodeChunk(lines.join('\n'), NODE), [
      { time: 1.5, stream: 'stdout', ...place, text: 'a\ud800\n' },
      { time: 2, stream: 'stderr', ...place, text: '' },
      {
        time: 3,
        stream: 'platform',
        ...place,
        text: platformText({ type: 'start' }, asRequestId('id'), asVersion(3)),
        platform: { type: 'start' },
      },
      {
        time: 4,
        stream: 'platform',
        ...place,
        text: platformText(report, asRequestId('id'), asVersion(3)),
        platform: report,
      },
    ]);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void decodeChunk(text, NODE)));
  });
});

const REPORT_START =
  'END RequestId: id\nREPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t';

const TEXTS: readonly [string, PlatformRecord, string][] = [
  ['START', { type: 'start' }, 'START RequestId: id Version: 7'],
  ['a warm run', { ...REPORT, start: 'warm' }, REPORT_START],
  ['a cold run, init last', { ...REPORT, initMs: 110.416 }, `${REPORT_START}Init Duration: 110.42 ms\t`],
  ['a time-out', { ...REPORT, status: 'timeout', errorType: 'Sandbox.Timedout' }, `${REPORT_START}Status: timeout\t`],
  [
    'an error',
    { ...REPORT, status: 'failure', errorType: 'Runtime.ExitError' },
    `${REPORT_START}Status: error\tError Type: Runtime.ExitError\t`,
  ],
  [
    'a failed init',
    { type: 'init-error', errorType: 'Runtime.ImportModuleError' },
    'INIT_REPORT Phase: init\tStatus: error\tError Type: Runtime.ImportModuleError',
  ],
  ['a note', { type: 'note', text: 'as it is' }, 'as it is'],
];

describe("AWS Lambda's lines", () => {
  for (const [title, record, text] of TEXTS)
    test(`for ${title}`, () => assert.equal(platformText(record, asRequestId('id'), asVersion(7)), text));
});
