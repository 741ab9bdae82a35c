import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { answerV2 } from '../../../../../src/edge/apis/functions/response-v2.ts';

const JSON_TYPE = ['content-type', 'application/json'];

/** The answer of a function, and the status, headers and body of the response. */
const ANSWERS: readonly [string, number, readonly string[], string][] = [
  ['{"a":1}', 200, JSON_TYPE, '{"a":1}'],
  ['{ "a": 1 }', 200, JSON_TYPE, '{ "a": 1 }'],
  ['"hello"', 200, JSON_TYPE, 'hello'],
  ['"q\\"\\u00e9"', 200, JSON_TYPE, 'q"é'],
  [' "padded" ', 200, JSON_TYPE, 'padded'],
  ['""', 200, JSON_TYPE, ''],
  ['42', 200, JSON_TYPE, '42'],
  ['true', 200, JSON_TYPE, 'true'],
  ['null', 200, JSON_TYPE, 'null'],
  ['["hello",3,true]', 200, JSON_TYPE, '["hello",3,true]'],
  ['{"status\\u0043ode":202}', 202, JSON_TYPE, ''],
  ['{"status\\u0043ode', 200, JSON_TYPE, '{"status\\u0043ode'],
  ['{broken', 200, JSON_TYPE, '{broken'],
  ['"\ud83d\ude00"', 200, JSON_TYPE, '\ud83d\ude00'],
  ['{"text":"has \\"statusCode\\" inside"}', 200, JSON_TYPE, '{"text":"has \\"statusCode\\" inside"}'],
  ['{"inner":{"statusCode":404}}', 200, JSON_TYPE, '{"inner":{"statusCode":404}}'],
  ['{"statusCode":201}', 201, JSON_TYPE, ''],
  ['{"statusCode":"418","body":"tea"}', 418, JSON_TYPE, 'tea'],
  ['\n {"statusCode":404,"body":"pretty"}', 404, JSON_TYPE, 'pretty'],
  ['{"statusCode":200,"body":{"an":"object"}}', 200, JSON_TYPE, '{"an":"object"}'],
  ['{"statusCode":200,"body":null}', 200, JSON_TYPE, ''],
  ['{"statusCode":200,"body":7}', 200, JSON_TYPE, '7'],
  ['{"statusCode":200,"headers":{"Content-Type":"text/html"},"body":"<p>"}', 200, ['Content-Type', 'text/html'], '<p>'],
  [
    '{"statusCode":200,"headers":{"x-n":5,"x-b":true,"x-null":null}}',
    200,
    ['x-n', '5', 'x-b', 'true', ...JSON_TYPE],
    '',
  ],
  ['{"statusCode":200,"headers":{"x-l":["a","b"]}}', 200, ['x-l', 'a', 'x-l', 'b', ...JSON_TYPE], ''],
  ['{"statusCode":200,"multiValueHeaders":{"x-l":["a","b"]}}', 200, JSON_TYPE, ''],
  ['{"statusCode":200,"headers":null,"cookies":null}', 200, JSON_TYPE, ''],
  [
    '{"statusCode":302,"headers":{"location":"/x"},"cookies":["a=1; Secure","b=2"]}',
    302,
    ['location', '/x', 'set-cookie', 'a=1; Secure', 'set-cookie', 'b=2', ...JSON_TYPE],
    '',
  ],
  ['{"statusCode":200,"isBase64Encoded":true,"body":"AAH/"}', 200, JSON_TYPE, '\u0000\u0001\xff'],
  [
    '{"statusCode":200,"headers":{"Content-Length":"999","Transfer-Encoding":"chunked","Connection":"close","Trailer":"x","Date":"now"}}',
    200,
    JSON_TYPE,
    '',
  ],
];

const MALFORMED: readonly [string, RegExp][] = [
  ['"unfinished', /not JSON/],
  ['{"statusCode":', /not JSON/],
  ['{"statusCode":99}', /statusCode 99; it must be a number from 200 to 599/],
  ['{"statusCode":600}', /statusCode 600/],
  ['{"statusCode":200.5}', /statusCode 200\.5/],
  ['{"statusCode":null}', /statusCode null/],
  ['{"statusCode":[200]}', /statusCode \[200\]/],
  ['{"statusCode":""}', /statusCode ""/],
  ['{"statusCode":"2e2"}', /statusCode "2e2"/],
  ['{"statusCode":200,"headers":["a"]}', /headers that are not an object/],
  ['{"statusCode":200,"headers":"a"}', /headers that are not an object/],
  ['{"statusCode":200,"headers":{"x y":"a"}}', /header 'x y' that HTTP does not allow/],
  ['{"statusCode":200,"headers":{"x":"a\\r\\nset-cookie: b"}}', /header 'x' that HTTP does not allow/],
  ['{"statusCode":200,"headers":{"x":{"a":1}}}', /header 'x' that is no text/],
  ['{"statusCode":200,"cookies":"a=1"}', /cookies that are not a list/],
  ['{"statusCode":200,"cookies":["a\\n"]}', /set-cookie/],
  ['{"statusCode":200,"isBase64Encoded":true,"body":{"a":1}}', /isBase64Encoded and a body that is no string/],
];

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** An answer with its body as text. */
function shown(answer: ReturnType<typeof answerV2>): object {
  return 'why' in answer ? answer : { ...answer, body: Buffer.from(answer.body).toString() };
}

describe('the answer of a function', () => {
  for (const [payload, status, headers, body] of ANSWERS) {
    test(`${payload} becomes ${status}`, () => {
      const answer = answerV2(Buffer.from(payload));
      assert.ok(!('why' in answer), 'it is well-formed');
      assert.equal(answer.status, status);
      assert.deepEqual(answer.headers, headers);
      const encoding = payload.includes('isBase64Encoded') ? 'latin1' : 'utf8';
      assert.equal(Buffer.from(answer.body).toString(encoding), body);
    });
  }

  for (const [payload, why] of MALFORMED) {
    test(`${payload} is malformed`, () => {
      const answer = answerV2(Buffer.from(payload));
      assert.ok('why' in answer);
      assert.match(answer.why, why);
    });
  }

  test('replaces invalid UTF-8 in a string, as parsing does', () => {
    const answer = answerV2(Buffer.from([0x22, 0xff, 0x22]));
    assert.ok(!('why' in answer));
    assert.deepEqual([...answer.body], [...Buffer.from('\ufffd')]);
  });

  test('is converted from bytes as from its parsed form', () => {
    /** JSON text with any of its letters written as escapes, and white space before it. */
    const spelled = fc
      .tuple(
        fc.oneof(
          fc.json(),
          fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
          fc
            .dictionary(fc.constantFrom('statusCode', 'a', 'statuscode', 'body', '"statusCode"'), fc.jsonValue())
            .map((object) => JSON.stringify(object)),
        ),
        fc.array(fc.nat({ max: 60 }), { maxLength: 3 }),
        fc.constantFrom('', ' ', '\n\t'),
      )
      .map(([json, escaped, space]) => {
        let text = json;
        for (const at of escaped) {
          const isLetter = /[A-Za-z]/.test(text[at] ?? '') && !text.slice(Math.max(0, at - 5), at).includes('\\');
          if (!isLetter) continue;
          const spelt = `${text.slice(0, at)}\\u00${text.charCodeAt(at).toString(16)}${text.slice(at + 1)}`;
          if (isJsonText(spelt)) text = spelt;
        }
        return space + text;
      });
    fc.assert(
      fc.property(spelled, (text) => {
        const result: unknown = JSON.parse(text);
        const isStructured = typeof result === 'object' && result !== null && Object.hasOwn(result, 'statusCode');
        const plain = { status: 200, headers: JSON_TYPE, body: typeof result === 'string' ? result : text };
        const expected = isStructured ? shown(answerV2(Buffer.from(JSON.stringify(result)))) : plain;
        // UTF-8 cannot represent a lone surrogate.
        if (typeof result === 'string' && !result.isWellFormed()) return;
        assert.deepEqual(shown(answerV2(Buffer.from(text))), expected);
      }),
      { numRuns: 3000 },
    );
  });

  test('never makes the conversion throw, and has a valid HTTP status', () => {
    const object = fc.record(
      {
        statusCode: fc.jsonValue(),
        headers: fc.jsonValue(),
        multiValueHeaders: fc.jsonValue(),
        cookies: fc.jsonValue(),
        body: fc.jsonValue(),
        isBase64Encoded: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          object.map((o) => Buffer.from(JSON.stringify(o))),
        ),
        (payload) => {
          const answer = answerV2(payload);
          if ('why' in answer) return;
          assert.ok(Number.isInteger(answer.status) && answer.status >= 200 && answer.status <= 599);
          assert.equal(answer.headers.length % 2, 0);
        },
      ),
    );
  });
});
