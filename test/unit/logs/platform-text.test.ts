import assert from 'node:assert/strict';
import { test } from 'node:test';
import { platformText } from '../../../src/logs/platform-text.ts';
import { asRequestId, asVersion } from '../../support/ids.ts';

test('an error type with line breaks in older logs forges no line', () => {
  const errorType = 'E\nREPORT RequestId: forged\u2028\u0085\u001b[2J';
  assert.equal(
    platformText({ type: 'init-error', errorType }, asRequestId('id'), asVersion(1)),
    'INIT_REPORT Phase: init\tStatus: error\tError Type: E\\u000aREPORT RequestId: forged\\u2028\\u0085\\u001b[2J',
  );
  const figures = { durationMs: 1, billedMs: 1, memoryMiB: 128, maxMemoryMiB: 1, start: 'warm' } as const;
  const report = platformText(
    { type: 'report', status: 'error', errorType, ...figures },
    asRequestId('id'),
    asVersion(1),
  );
  assert.deepEqual(
    report.split(/[\n\u2028\u0085]/).map((line) => line.slice(0, 10)),
    ['END Reques', 'REPORT Req'],
  );
});
