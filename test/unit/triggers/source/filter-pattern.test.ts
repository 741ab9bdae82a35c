import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compilePattern } from '../../../../src/triggers/source/filter-pattern.ts';

function matches(pattern: unknown, value: unknown): boolean {
  const test = compilePattern(JSON.stringify(pattern));
  assert.ok(typeof test === 'function', JSON.stringify(test));
  return test(value);
}

/** A pattern, values that match it and values that do not. */
const CASES: readonly (readonly [string, object, readonly unknown[], readonly unknown[]])[] = [
  ['texts', { a: ['x', 'y'] }, [{ a: 'x' }, { a: 'y', b: 1 }], [{ a: 'z' }, {}, 'x', null, { a: { a: 'x' } }]],
  [
    'numbers, booleans, null',
    { a: [1, true, null] },
    [{ a: 1 }, { a: true }, { a: null }],
    [{ a: '1' }, { a: false }, {}],
  ],
  ['an empty text', { a: [''] }, [{ a: '' }], [{ a: ' ' }, {}]],
  [
    'several fields',
    { a: [1], b: { c: [2] } },
    [{ a: 1, b: { c: 2 } }],
    [{ a: 1 }, { a: 1, b: { c: 3 } }, { a: 1, b: 2 }],
  ],
  ['one of a list', { a: ['x'] }, [{ a: ['w', 'x'] }], [{ a: ['w'] }, { a: [] }]],
  ['a prefix', { a: [{ prefix: 'ab' }] }, [{ a: 'abc' }], [{ a: 'cab' }, { a: 5 }]],
  ['a suffix', { a: [{ suffix: 'bc' }] }, [{ a: 'abc' }], [{ a: 'bca' }]],
  ['any case', { a: [{ 'equals-ignore-case': 'Ab' }] }, [{ a: 'aB' }], [{ a: 'abc' }]],
  ['anything but', { a: [{ 'anything-but': ['x', 1] }] }, [{ a: 'y' }, { a: 2 }], [{ a: 'x' }, { a: 1 }, {}]],
  ['anything but a prefix', { a: [{ 'anything-but': { prefix: 'x' } }] }, [{ a: 'y' }], [{ a: 'xy' }]],
  ['a number', { a: [{ numeric: ['=', 5] }] }, [{ a: 5 }], [{ a: '5' }, { a: 6 }]],
  ['a range', { a: [{ numeric: ['>', 0, '<=', 5] }] }, [{ a: 1 }, { a: 5 }], [{ a: 0 }, { a: 6 }]],
  ['a present field', { a: [{ exists: true }] }, [{ a: null }, { a: 0 }], [{}, 'text']],
  ['an absent field', { a: [{ exists: false }] }, [{}, 'text'], [{ a: 0 }]],
  ['alternatives', { $or: [{ a: [1] }, { b: [2] }] }, [{ a: 1 }, { b: 2 }], [{ a: 2, b: 1 }]],
  ['a name of every object', { toString: [{ exists: false }] }, [{}], [{ toString: 1 }]],
];

describe('a filter pattern', () => {
  for (const [name, pattern, hits, misses] of CASES)
    test(`accepts ${name}`, () => {
      for (const value of hits) assert.equal(matches(pattern, value), true, JSON.stringify(value));
      for (const value of misses) assert.equal(matches(pattern, value), false, JSON.stringify(value));
    });

  test('with a fault is refused with its place', () => {
    const faults: readonly (readonly [string, string, string])[] = [
      ['{', '', 'is not JSON'],
      ['[]', '', 'must be an object of fields'],
      ['{}', '', 'has no fields'],
      ['{"a":{}}', 'a', 'has no fields'],
      ['{"a":"x"}', 'a', 'must be an object of fields'],
      ['{"a":[]}', 'a', 'must not be an empty list'],
      ['{"a":[[1]]}', 'a', 'accepts texts, numbers, true, false, null and objects with one rule'],
      [
        '{"a":{"b":[{"begins":"x"}]}}',
        'a.b.begins',
        'is not a rule; there are prefix, suffix, equals-ignore-case, anything-but, numeric, exists',
      ],
      ['{"a":[{"prefix":1}]}', 'a.prefix', 'must be text'],
      ['{"a":[{"exists":1}]}', 'a.exists', 'must be true or false'],
      ['{"a":[{"numeric":[">"]}]}', 'a.numeric', 'must be one or two comparisons: [">", 0, "<=", 5]'],
      ['{"a":[{"numeric":["!",1]}]}', 'a.numeric', 'compares with =, <, <=, >, >='],
      ['{"a":[{"numeric":["<","1"]}]}', 'a.numeric', 'compares with numbers'],
      ['{"a":[{"anything-but":[]}]}', 'a.anything-but', 'must not be an empty list'],
      ['{"a":[{"anything-but":[{"prefix":"x"}]}]}', 'a.anything-but', 'must be a list of texts and numbers'],
      ['{"$or":[{"a":[1]}]}', '$or', 'must be a list of two or more'],
      ['{"$or":[{"a":[1]},{"a":1}]}', '$or.1.a', 'must be an object of fields'],
    ];
    for (const [pattern, at, fault] of faults) assert.deepEqual(compilePattern(pattern), { at, fault }, pattern);
  });
});
