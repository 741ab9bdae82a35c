import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import '../support/seed.ts';
import { filterPattern } from '../../src/edge/apis/aws-logs/patterns/filter-pattern.ts';
import { isLamError } from '../../src/errors/index.ts';

const PARTS = [
  ...['{', '}', '[', ']', '(', ')', '$', '.', '$.a', '$.b[0]', '[*]', '*', '...', ',', ' ', 'a', 'b1', '"', "'", '\\'],
  ...['=', '!=', '<', '>=', '&&', '||', 'IS', 'NULL', 'NOT', 'EXISTS', '%', '^', '+', '?', '-', '|', '{2,3}', '[a-z]'],
  ...['{ $.a = ', '{ $.a.b[*] > 3 }', '[a, b = x*, ...]', '%a+b*%', '1e3', '0', 'ü', '\u{D800}', '\n', String.raw`\d`],
];
const pattern = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.array(fc.constantFrom(...PARTS), { maxLength: 16 }).map((parts) => parts.join('')),
);
const message = fc.oneof(
  fc.string(),
  fc.json(),
  fc.array(fc.constantFrom('a', 'b', ' ', '"', '[', ']', '{', '1'), { maxLength: 60 }).map((parts) => parts.join('')),
);

describe('a filter pattern', () => {
  test('is refused as AWS does, or decides about any message', () => {
    fc.assert(
      fc.property(pattern, fc.array(message, { maxLength: 4 }), (text, messages) => {
        let takes: (message: string) => boolean;
        try {
          takes = filterPattern(text);
        } catch (thrown) {
          assert.ok(isLamError(thrown) && thrown.code === 'LAM_AWS_PARAMETER', String(thrown));
          return;
        }
        for (const each of messages) assert.equal(typeof takes(each), 'boolean');
      }),
      { numRuns: 3000 },
    );
  });

  test('of a regular expression takes the same messages as the engine of JavaScript', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '[a-c1]',
      String.raw`\d`,
      String.raw`\W`,
      String.raw`\.`,
    );
    const quantifier = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}');
    const part = fc.oneof(
      { weight: 8, arbitrary: fc.tuple(atom, quantifier).map((of) => of.join('')) },
      fc.constantFrom('^', '$', '|'),
    );
    const source = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '1', '.', '-'), { maxLength: 10 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(source, text, (regex, each) => {
        assert.equal(filterPattern(`%${regex}%`)(each), new RegExp(regex, 's').test(each));
      }),
      { numRuns: 3000 },
    );
  });

  test('decides about the longest record in bounded time, whatever is repeated in both', () => {
    const size = 256 * 1024;
    const cases: readonly (readonly [pattern: string, unit: string])[] = [
      ['%a*a*a*a*a*a*a*a*b%', 'a'],
      ['%[a-z]+[a-z]+[a-z]+[0-9]$%', 'a'],
      ['[a, b]', '[ '],
      ['[a, b]', '" x'],
      ['[a = *a*a*a*a*b]', 'a'],
      ['{ $.a = "*a*a*b" }', '['],
      ['"aaaaaaaab"', 'a'],
    ];
    for (const [text, unit] of cases) {
      const begun = performance.now();
      filterPattern(text)(unit.repeat(size / unit.length));
      const ms = performance.now() - begun;
      // Quadratic time would be minutes.
      assert.ok(ms < 10_000, `${text} took ${ms} ms`);
    }
  });
});
