import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { PlatformRecord } from '../../../src/contract/index.ts';
import { decodeRecord, encodePlatform, encodeText, platformText } from '../../../src/logs/record-codec.ts';

const SOURCE = { version: 3, sandbox: '0123abcd' };

describe('the record codec', () => {
  test('keeps any text exactly, lone surrogates and control characters included, on one line', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
      fc.constantFrom('', '\n', '\r\n\u0000\u2028\u2029', '\ud800', '\udc00x', '["[1,2]"]', '日本語 🦆'),
    );
    fc.assert(
      fc.property(
        anyText,
        fc.constantFrom('stdout' as const, 'stderr' as const),
        fc.double({ noNaN: true, min: 0, max: 1e13 }),
        (text, stream, time) => {
          const line = encodeText(SOURCE, stream, text, 'some-id', time);
          assert.ok(!line.includes('\n'));
          // What SQLite hands back went through UTF-8.
          assert.equal(Buffer.from(line).toString(), line);
          assert.deepEqual(decodeRecord(line), { time: Object.is(time, -0) ? 0 : time, stream, requestId: 'some-id', ...SOURCE, text });
        },
      ),
    );
  });

  test('keeps the figures of a platform record beside its text', () => {
    const record: PlatformRecord = {
      type: 'report',
      status: 'success',
      durationMs: 1.234,
      billedMs: 2,
      memoryMiB: 128,
      maxMemoryMiB: 36,
      start: 'warm',
    };
    const decoded = decodeRecord(encodePlatform(SOURCE, record, 'id', 5));
    assert.deepEqual(decoded?.platform, record);
    assert.equal(decoded?.stream, 'platform');
  });

  test('never throws, and gives nothing for a line that is no record', () => {
    for (const line of ['', '{', '[1,2', '{}', 'null', '[]', '[1,"x","",1,"",""]', '[1,"o","",1,"s"]'])
      assert.equal(decodeRecord(line), undefined);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void decodeRecord(line)));
  });
});

const REPORT: Extract<PlatformRecord, { type: 'report' }> = {
  type: 'report',
  status: 'success',
  durationMs: 1.2345,
  billedMs: 2,
  memoryMiB: 128,
  maxMemoryMiB: 36,
  start: 'cold',
};
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
  for (const [title, record, text] of TEXTS) test(`for ${title}`, () => assert.equal(platformText(record, 'id', 7), text));
});
