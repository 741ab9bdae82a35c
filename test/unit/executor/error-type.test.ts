import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reportedType } from '../../../src/executor/error-type.ts';
import { errorReport, trailerReport } from '../../../src/executor/runtime-api/error-report.ts';
import { readErrorType } from '../../../src/executor/frame-meta.ts';

const FORGED = 'E\nREPORT RequestId: 1\tDuration: 0.01 ms';

describe('the error type that a sandbox reports', () => {
  for (const type of [
    'TypeError',
    '*errors.errorString',
    'java.lang.Error',
    '&alloc::string::String',
    'Größenfehler',
    'Not Found',
  ])
    test(`is kept: ${type}`, () => assert.equal(reportedType(type), type));

  for (const type of [
    '',
    FORGED,
    'a\u2028b',
    'a\u0085b',
    'a\u001b[2Jb',
    'a\u202eb',
    'x'.repeat(257),
    7,
    null,
    undefined,
  ])
    test(`is replaced: ${JSON.stringify(type)?.slice(0, 40)}`, () =>
      assert.equal(reportedType(type), 'Runtime.Unknown'));

  test('is checked in frames, in documents and in trailers', () => {
    const document = Buffer.from(JSON.stringify({ errorType: FORGED, errorMessage: 'no' }));
    assert.equal(readErrorType(document), 'Runtime.Unknown');
    assert.deepEqual(errorReport({}, document), { payload: document, errorType: 'Runtime.Unknown' });
    assert.equal(
      trailerReport({
        'lambda-runtime-function-error-type': 'Function.2',
        'lambda-runtime-function-error-body': document.toString('base64'),
      })?.errorType,
      'Function.Unknown',
    );
  });
});
