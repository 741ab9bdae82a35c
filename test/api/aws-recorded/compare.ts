import assert from 'node:assert/strict';
import type { Expected, WireAnswer } from './behaviour.ts';

/** An answer as it came over the wire; headers in lower case. */
export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Checks that a value has exactly the expected members. */
function assertLike(value: unknown, expected: Expected, at = 'body'): void {
  if (expected instanceof RegExp) assert.match(String(value), expected, at);
  else if (typeof expected === 'function') assert.ok(expected(value), `${at}: ${JSON.stringify(value)}`);
  else if (typeof expected !== 'object' || expected === null) assert.deepEqual(value, expected, at);
  else {
    assert.ok(typeof value === 'object' && value !== null, `${at}: ${JSON.stringify(value)}`);
    assert.deepEqual(Object.keys(value).toSorted(), Object.keys(expected).toSorted(), at);
    for (const [name, inside] of Object.entries(expected))
      assertLike((value as Record<string, unknown>)[name], inside, `${at}.${name}`);
  }
}

/** Checks that an answer is the expected one. */
export function assertAnswer({ status, headers, text }: Received, expected: WireAnswer): void {
  assert.deepEqual([status, headers['x-amzn-errortype']], [expected.status, expected.error], text);
  assert.match(headers['x-amzn-requestid'] ?? '', /^[0-9a-f-]{36}$/);
  for (const [name, value] of Object.entries(expected.headers ?? {})) assertLike(headers[name], value, name);
  if (expected.text !== undefined) assert.equal(text, expected.text);
  else if (expected.body === undefined) assert.equal(text, '');
  else assertLike(JSON.parse(text) as unknown, expected.body);
}

/** Whether an answer is the expected one. */
export function holds(received: Received, expected: WireAnswer): boolean {
  try {
    assertAnswer(received, expected);
    return true;
  } catch (error) {
    if (error instanceof assert.AssertionError || error instanceof SyntaxError) return false;
    throw error;
  }
}
