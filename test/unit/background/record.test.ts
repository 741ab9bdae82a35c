import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordOf, type BackgroundAnswer, type FinishedEvent } from '../../../src/background/index.ts';
import { LIMITS } from '../../../src/contract/index.ts';
import { asVersion } from '../../support/ids.ts';
import { queued } from '../../support/queue-house.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST';
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const answer = (payload: string, more: Partial<BackgroundAnswer> = {}): BackgroundAnswer => ({
  version: asVersion(3),
  status: 'success',
  errorType: undefined,
  payload: Buffer.from(payload),
  durationMs: 1,
  tail: undefined,
  ...more,
});

function recordText(event: string, more: Partial<FinishedEvent> = {}): string {
  const leased = {
    ...queued('id-1', 'f', { event: Buffer.from(event) }),
    token: 't',
    acceptedAt: 0,
    attempts: 0,
    interrupted: 0,
  };
  const finished = { event: leased, attempts: 1, reason: undefined, answer: answer('{"ok":true}'), ...more };
  const bytes = recordOf(finished, { functionArn: ARN, now: NOW });
  assert.ok(bytes.byteLength <= LIMITS.payloadBytes);
  const text = Buffer.from(bytes).toString();
  assert.ok(!text.includes('\n'));
  return text;
}

function record(event: string, more: Partial<FinishedEvent> = {}): unknown {
  return JSON.parse(recordText(event, more));
}

describe('the record of a finished event', () => {
  test("has AWS's shape after a success", () => {
    assert.deepEqual(record('{"n":1}'), {
      version: '1.0',
      timestamp: '2026-01-02T03:04:05.678Z',
      requestContext: { requestId: 'id-1', functionArn: ARN, condition: 'Success', approximateInvokeCount: 1 },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: '3' },
      responsePayload: { ok: true },
    });
  });

  test('says after a failure why, and with which error', () => {
    const failed = answer('{"errorType":"Odd"}', { status: 'error', errorType: 'Odd' });
    const found = record('[1]', { reason: 'RetriesExhausted', attempts: 3, answer: failed }) as Record<string, unknown>;
    assert.deepEqual(found['requestContext'], {
      requestId: 'id-1',
      functionArn: ARN,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    });
    assert.deepEqual(found['responseContext'], { statusCode: 200, executedVersion: '3', functionError: 'Unhandled' });
    assert.deepEqual(found['responsePayload'], { errorType: 'Odd' });
  });

  test('has no response of an event that did not run in the end', () => {
    const found = record('1', { reason: 'EventAgeExceeded', attempts: 0, answer: undefined }) as object;
    assert.deepEqual(Object.keys(found), ['version', 'timestamp', 'requestContext', 'requestPayload']);
  });

  test('is one line of JSON whatever the payloads are', () => {
    assert.ok(
      recordText('{\n"id": 12345678901234567890}').includes('{ "id": 12345678901234567890}'),
      'digits are kept',
    );
    const found = record('{\n "a": "b"\n}', { answer: answer('no JSON\r\n') }) as Record<string, unknown>;
    assert.deepEqual([found['requestPayload'], found['responsePayload']], [{ a: 'b' }, 'no JSON\r\n']);
    assert.equal((record('1', { answer: answer('') }) as Record<string, unknown>)['responsePayload'], null);
  });

  test('leaves out payloads that would make it longer than an event may be', () => {
    const long = JSON.stringify('x'.repeat(LIMITS.payloadBytes - 10));
    const without = (found: unknown): string[] =>
      ['requestPayload', 'responsePayload'].filter((key) => !(key in (found as object)));
    assert.deepEqual(without(record('1', { answer: answer(long) })), ['responsePayload']);
    assert.deepEqual(without(record(long)), ['requestPayload', 'responsePayload']);
  });
});
