import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerV1 } from '../../../../../src/edge/apis/functions/response-v1.ts';

const JSON_TYPE = ['content-type', 'application/json'];

const ANSWERS: readonly [string, number, readonly string[], string][] = [
  ['{"statusCode":204}', 204, JSON_TYPE, ''],
  ['{"statusCode":"418","body":"tea"}', 418, JSON_TYPE, 'tea'],
  ['{"statusCode":200,"body":null,"headers":null,"multiValueHeaders":null}', 200, JSON_TYPE, ''],
  ['{"statusCode":200,"headers":{"Content-Type":"text/plain"},"body":"{}"}', 200, ['Content-Type', 'text/plain'], '{}'],
  [
    '{"statusCode":200,"headers":{"A":"1","Set-Cookie":"x"},"multiValueHeaders":{"set-cookie":["a=1","b=2"]}}',
    200,
    ['A', '1', 'set-cookie', 'a=1', 'set-cookie', 'b=2', ...JSON_TYPE],
    '',
  ],
  ['{"statusCode":200,"isBase64Encoded":true,"body":"AP8B"}', 200, JSON_TYPE, '\u0000\u00ff\u0001'],
  ['{"statusCode":200,"cookies":["a=1"]}', 200, JSON_TYPE, ''],
];

const MALFORMED: readonly [string, RegExp][] = [
  ['"hello"', /no JSON object/],
  ['[1]', /no JSON object/],
  ['null', /no JSON object/],
  ['not json', /no JSON object/],
  ['{"body":"x"}', /without a statusCode/],
  ['{"statusCode":99}', /statusCode 99; it must be a number from 200 to 599/],
  ['{"statusCode":200,"body":{"a":1}}', /a body that is no string; payload 1\.0 asks for text/],
  ['{"statusCode":200,"body":{"a":1},"isBase64Encoded":true}', /isBase64Encoded and a body that is no string/],
  ['{"statusCode":200,"headers":["a"]}', /headers that are not an object/],
  ['{"statusCode":200,"multiValueHeaders":"a"}', /headers that are not an object/],
  ['{"statusCode":200,"multiValueHeaders":{"x":["a\\n"]}}', /header 'x' that HTTP does not allow/],
];

describe('the answer of a function with payload format 1.0', () => {
  for (const [payload, status, headers, body] of ANSWERS)
    test(`${payload} becomes ${status}`, () => {
      const answer = answerV1(Buffer.from(payload));
      assert.ok(!('why' in answer), JSON.stringify(answer));
      assert.deepEqual([answer.status, answer.headers], [status, headers]);
      const encoding = payload.includes('isBase64Encoded') ? 'latin1' : 'utf8';
      assert.equal(Buffer.from(answer.body).toString(encoding), body);
    });

  for (const [payload, why] of MALFORMED)
    test(`${payload} is malformed`, () => {
      const answer = answerV1(Buffer.from(payload));
      assert.ok('why' in answer);
      assert.match(answer.why, why);
    });
});
