import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findJsonFault } from '../../../src/cli/services/json-fault.ts';
import { notJson } from '../../../src/cli/services/failure.ts';

describe('finding the first fault of a JSON text', () => {
  for (const [text, at, expected] of [
    ['', 0, 'a value'],
    ['{a:1}', 1, "a name in double quotes or '}'"],
    ['{"a":1', 6, "',' or '}'"],
    ['{"a" 1}', 5, "':'"],
    ['{"a":1,}', 7, 'a name in double quotes'],
    ['[1,]', 3, 'a value'],
    ['[1', 2, "',' or ']'"],
    ['{"a": tru}', 6, 'a value'],
    ['01', 0, 'a value'],
    ['{"a":1}x', 7, 'the end'],
    ['"a\nb"', 2, 'the end of the string'],
    ['"a\\"', 4, 'the end of the string'],
    ['"', 1, 'the end of the string'],
  ] as const) {
    test(`in ${JSON.stringify(text)} it is at ${at}`, () => assert.deepEqual(findJsonFault(text), { at, expected }));
  }

  test('agrees with JSON.parse on every text', () => {
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const soup = fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"',
          '\\',
          'u00e9',
          'true',
          'null',
          '-',
          '1',
          '.5',
          'e3',
          ' ',
          '\n',
          'a',
        ),
      )
      .map((a) => a.join(''));
    fc.assert(
      fc.property(
        fc.oneof(soup, fc.json(), fc.string()),
        (text) => (findJsonFault(text) === undefined) === isJson(text),
      ),
      { numRuns: 2000 },
    );
  });

  test('handles nesting that would overflow a recursion', () => {
    const depth = 200_000;
    assert.deepEqual(findJsonFault('['.repeat(depth)), { at: depth, expected: "a value or ']'" });
  });

  test('is reported with line, column and excerpt', () => {
    assert.equal(
      notJson('-d', '{\n  "a": 1\n  "b": 2\n}').message,
      `the payload from -d is not JSON: line 3, column 3 should be ',' or '}', near: { "a": 1 "b": 2 }`,
    );
  });
});
