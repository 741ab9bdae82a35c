import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ExitStatus } from '../../../src/executor/session.ts';
import { exitReason, failureOfInit, failureOfInvoke } from '../../../src/router/failure.ts';
import { asRequestId } from '../../support/ids.ts';

const NOW = new Date('2026-11-21T01:02:03.456Z');
const DIED: ExitStatus = { code: null, signal: null, outOfMemory: false };

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describe('the reason of an exit', () => {
  const cases: [Partial<ExitStatus>, string][] = [
    [{ code: 0 }, 'Runtime exited without providing a reason'],
    [{ code: 1 }, 'Runtime exited with error: exit status 1'],
    [{ code: 127 }, 'Runtime exited with error: exit status 127'],
    [{ signal: 'SIGKILL' }, 'Runtime exited with error: signal: killed'],
    [{ signal: 'SIGSEGV' }, 'Runtime exited with error: signal: segmentation fault'],
    [{ signal: 'SIGABRT' }, 'Runtime exited with error: signal: aborted'],
    [{ signal: 'SIGUSR2' }, 'Runtime exited with error: signal: SIGUSR2'],
    [{ code: 137, outOfMemory: true }, 'Runtime exited with error: signal: killed'],
    [{ signal: 'SIGKILL', outOfMemory: true }, 'Runtime exited with error: signal: killed'],
  ];
  for (const [exit, words] of cases) {
    test(`${JSON.stringify(exit)} reads '${words}'`, () => assert.equal(exitReason({ ...DIED, ...exit }), words));
  }
});

describe('an invocation', () => {
  test('that timed out answers and logs byte for byte what AWS Lambda does', () => {
    const failure = failureOfInvoke({ kind: 'timeout' }, asRequestId('the-id'), 1000, NOW);
    assert.equal(
      text(failure.payload),
      '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: the-id Error: Task timed out after 1.00 seconds"}',
    );
    assert.equal(failure.note, '2026-11-21T01:02:03.456Z the-id Task timed out after 1.00 seconds');
    assert.equal(failure.status, 'timeout');
  });

  test('whose time-out is not a whole second shows the fraction', () => {
    assert.match(
      text(failureOfInvoke({ kind: 'timeout' }, asRequestId('i'), 1250, NOW).payload),
      /after 1\.25 seconds/,
    );
  });

  test('whose process exited with 0 has the document of AWS Lambda', () => {
    const failure = failureOfInvoke({ kind: 'exit', exit: { ...DIED, code: 0 } }, asRequestId('the-id'), 1000, NOW);
    assert.equal(
      text(failure.payload),
      '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: the-id Error: Runtime exited without providing a reason"}',
    );
  });

  test('whose process exited with an error has the document and log line of AWS Lambda', () => {
    const failure = failureOfInvoke({ kind: 'exit', exit: { ...DIED, code: 1 } }, asRequestId('the-id'), 1000, NOW);
    assert.equal(
      text(failure.payload),
      '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: the-id Error: Runtime exited with error: exit status 1"}',
    );
    assert.equal(failure.note, 'RequestId: the-id Error: Runtime exited with error: exit status 1\nRuntime.ExitError');
    assert.equal(failure.status, 'failure');
  });

  test('that was killed for its memory has its own error type', () => {
    const failure = failureOfInvoke(
      { kind: 'exit', exit: { code: null, signal: 'SIGKILL', outOfMemory: true } },
      asRequestId('the-id'),
      1000,
      NOW,
    );
    assert.equal(
      text(failure.payload),
      '{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: the-id Error: Runtime exited with error: signal: killed"}',
    );
  });

  test('with too large an answer has the document of AWS Lambda', () => {
    const failure = failureOfInvoke({ kind: 'too-large', bytes: 7_000_000 }, asRequestId('the-id'), 1000, NOW);
    assert.equal(
      text(failure.payload),
      '{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}',
    );
    assert.equal(failure.status, 'error');
  });

  test('whose handler failed answers with the bytes of the runtime', () => {
    const payload = Buffer.from('{ "statusCode": 500, "body" : "…" }');
    const failure = failureOfInvoke({ kind: 'error', payload, errorType: 'Error' }, asRequestId('the-id'), 1000, NOW);
    assert.equal(failure.payload, payload);
    assert.deepEqual([failure.status, failure.errorType, failure.note], ['error', 'Error', undefined]);
  });
});

describe('an init', () => {
  test('that failed answers with the bytes of the runtime', () => {
    const payload = Buffer.from('{"errorMessage":"no module","errorType":"Runtime.ImportModuleError"}');
    assert.equal(
      failureOfInit({ kind: 'error', payload, errorType: 'Runtime.ImportModuleError' }, asRequestId('i'), 10_000)
        .payload,
      payload,
    );
  });

  test('that timed out names its limit', () => {
    const failure = failureOfInit({ kind: 'timeout' }, asRequestId('the-id'), 10_000);
    assert.equal(
      text(failure.payload),
      '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: the-id Error: Init timed out after 10.00 seconds"}',
    );
    assert.equal(failure.status, 'timeout');
  });

  test('whose process exited answers as an invocation does', () => {
    const failure = failureOfInit({ kind: 'exit', exit: { ...DIED, code: 3 } }, asRequestId('the-id'), 10_000);
    assert.equal(
      text(failure.payload),
      '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: the-id Error: Runtime exited with error: exit status 3"}',
    );
  });
});
