import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonMembers } from '../../src/edge/json-members.ts';

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

test('jsonMembers finds what JSON.parse finds, in any spacing', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const members = jsonMembers(Buffer.from(JSON.stringify(value, null, space)));
      if (members === undefined) {
        assert.ok(Object.keys(value).some((name) => JSON.stringify(name).includes('\\')));
        return;
      }
      const found = Object.fromEntries(
        [...members].map(([name, json]) => [name, JSON.parse(json.toString()) as unknown]),
      );
      assert.deepEqual(found, JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('jsonMembers refuses what JSON.parse refuses, and all that is no object', () => {
  const damaged = fc
    .tuple(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.nat(),
      fc.constantFrom('', '{', '}', '"', ',', ':', 'x', '\\'),
    )
    .map(([value, at, char]) => {
      const text = JSON.stringify(value);
      const place = at % (text.length + 1);
      return text.slice(0, place) + char + text.slice(place + (char === '' ? 1 : 0));
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string(), fc.json()), (text) => {
      const members = jsonMembers(Buffer.from(text));
      if (members === undefined) return;
      const value = parsed(text);
      assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), text);
    }),
  );
});
