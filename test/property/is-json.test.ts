import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isJson } from '../../src/edge/is-json.ts';

/** The verdict of `JSON.parse` on the bytes. */
function parses(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

function agree(bytes: Buffer): void {
  assert.equal(isJson(bytes), parses(bytes), JSON.stringify(bytes.toString('latin1')));
}

describe('isJson agrees with JSON.parse', () => {
  const odd = [
    ...[
      '',
      ' ',
      '0',
      '-0',
      '-',
      '00',
      '01',
      '-01',
      '1.',
      '.1',
      '1.0',
      '1e',
      '1e+',
      '1e+5',
      '1E-5',
      '1.5e10',
      '+1',
      '0x1',
      'NaN',
      'Infinity',
    ],
    ...[
      'true',
      'tru',
      'truex',
      'true false',
      'null',
      'nul',
      'undefined',
      'TRUE',
      '"',
      '""',
      '"\\"',
      '"\\""',
      '"\\u00e9"',
      '"\\u00g9"',
      '"\\u00"',
    ],
    ...[
      '"\\x"',
      '"\\',
      '"\t"',
      '"\u007f"',
      '"\u0000"',
      "'a'",
      '[]',
      '[',
      ']',
      '[1',
      '[1,',
      '[1,]',
      '[,1]',
      '[1 2]',
      '[[]',
      '[]]',
      '[}',
      '{]',
      '[1}',
    ],
    ...[
      '{}',
      '{',
      '}',
      '{"a"}',
      '{"a":}',
      '{"a":1',
      '{"a":1,}',
      '{,}',
      '{a:1}',
      '{"a":1 "b":2}',
      '{"a":1,"b":[{}]}',
      '{1:2}',
      '{"a"::1}',
      '{}{}',
      '{} ',
    ],
    ...[
      '\ufeff1',
      '\u00a01',
      '1\v',
      '\f1',
      '\u2028',
      '"\u2028"',
      ' [ 1 , { "a" : [ ] } ] ',
      '/**/1',
      '1//',
      '"é€😀"',
      '"\ud800"',
    ],
  ];
  test('for unusual texts', () => {
    for (const text of odd) agree(Buffer.from(text));
  });

  test('for bytes that are not UTF-8', () => {
    for (const bytes of [
      [0x22, 0xc3, 0x22],
      [0x22, 0xff, 0xfe, 0x22],
      [0xff],
      [0x22, 0xe2, 0x82, 0x22],
      [0x22, 0xc3, 0x5c, 0x22, 0x22],
      [0xef, 0xbb, 0xbf, 0x31],
    ])
      agree(Buffer.from(bytes));
  });

  test('for any JSON, also with changed bytes', () => {
    const change = fc.record({
      at: fc.nat({ max: 400 }),
      byte: fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],:0-+.eEtfnu \n\t\u0000')), fc.nat({ max: 255 })),
      drop: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 4 }),
        fc.nat({ max: 3 }),
        fc.array(change, { maxLength: 3 }),
        (text, indent, changes) => {
          let bytes = Buffer.from(indent === 0 ? text : JSON.stringify(JSON.parse(text), null, indent));
          agree(bytes);
          for (const { at, byte, drop } of changes) {
            const i = at % (bytes.length + 1);
            bytes = Buffer.concat([bytes.subarray(0, i), Buffer.of(byte), bytes.subarray(drop ? i + 1 : i)]);
          }
          agree(bytes);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test('for long strings, at any alignment and with any byte', () => {
    const memory = Buffer.alloc(400, 'x');
    for (let shift = 0; shift < 8; shift++) {
      for (const length of [62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 130, 131, 132, 133, 300]) {
        const bytes = memory.subarray(shift, shift + length);
        bytes.fill('x');
        bytes[0] = 0x22;
        bytes[length - 1] = 0x22;
        agree(bytes);
        for (const byte of [0x00, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0x9f, 0xa2, 0xdc, 0xff]) {
          for (let at = 1; at < length - 1; at += 3) {
            bytes[at] = byte;
            agree(bytes);
            bytes[at] = 0x78;
          }
        }
      }
    }
  });

  test('except that false is not certain for deep nesting', () => {
    const nested = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    assert.ok(isJson(nested(512)));
    assert.ok(!isJson(nested(513)));
    assert.ok(!isJson(Buffer.from('['.repeat(100_000))));
  });
});
