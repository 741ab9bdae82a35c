import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { streamHead } from '../../../../../src/edge/apis/functions/stream-head.ts';

const STREAM_TYPE = ['content-type', 'application/octet-stream'];

/** The head of a stream, and the status and headers of the response. */
const HEADS: readonly [string, number, readonly string[]][] = [
  ['{}', 200, STREAM_TYPE],
  ['{"statusCode":404}', 404, STREAM_TYPE],
  ['{"statusCode":"201","headers":{"Content-Type":"text/html"}}', 201, ['Content-Type', 'text/html']],
  ['{"headers":{"Content-Length":"5"},"cookies":["a=1"]}', 200, ['set-cookie', 'a=1', ...STREAM_TYPE]],
  ['{"multiValueHeaders":{"x-l":["a","b"]}}', 200, ['x-l', 'a', 'x-l', 'b', ...STREAM_TYPE]],
];

const MALFORMED: readonly [string, RegExp][] = [
  ['', /head is not a JSON object/],
  ['null', /head is not a JSON object/],
  ['"text"', /head is not a JSON object/],
  ['{"statusCode":99}', /statusCode 99/],
  ['{"headers":{"x":"a\\r\\n"}}', /header 'x' that HTTP does not allow/],
  ['{"cookies":"a"}', /cookies that are not a list/],
];

describe('the head of a streamed response', () => {
  for (const [text, status, headers] of HEADS)
    test(`is read from ${text}`, () => {
      assert.deepEqual(streamHead(Buffer.from(text)), { status, headers });
    });

  for (const [text, why] of MALFORMED)
    test(`is malformed in ${text || 'no text'}`, () => {
      const head = streamHead(Buffer.from(text));
      assert.match('why' in head ? head.why : '', why);
    });
});
