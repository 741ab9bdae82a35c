import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Lru } from '../../../src/kit/index.ts';

describe('Lru', () => {
  test('evicts the least recently used entries first', () => {
    const recent = new Lru<string>(10, (value) => value.length);
    recent.set('a', 'four');
    recent.set('b', 'four');
    assert.equal(recent.get('a'), 'four');
    recent.set('c', 'four');
    assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], ['four', undefined, 'four']);
    recent.set('c', 'other');
    assert.deepEqual([recent.get('a'), recent.get('c')], ['four', 'other']);
    recent.set('large', 'heavier than all');
    assert.deepEqual([recent.get('large'), recent.get('c')], [undefined, undefined]);
  });

  test('never exceeds its weight, and agrees with a list ordered by use', () => {
    const use = fc.tuple(
      fc.constantFrom('set', 'get', 'delete'),
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.integer({ min: 1, max: 6 }),
    );
    fc.assert(
      fc.property(fc.array(use, { maxLength: 60 }), (uses) => {
        const recent = new Lru<number>(8, (weight) => weight);
        let model: [string, number][] = [];
        for (const [what, key, weight] of uses) {
          const before = model.find(([name]) => name === key);
          if (what !== 'get') model = model.filter(([name]) => name !== key);
          if (what === 'set') {
            recent.set(key, weight);
            model.push([key, weight]);
            while (model.reduce((sum, [, w]) => sum + w, 0) > 8) model.shift();
          } else if (what === 'delete') {
            recent.delete(key);
          } else {
            assert.equal(recent.get(key), before?.[1]);
            if (before !== undefined) model = [...model.filter(([name]) => name !== key), before];
          }
        }
        for (const key of ['a', 'b', 'c', 'd'])
          assert.equal(recent.get(key), model.find(([name]) => name === key)?.[1]);
      }),
    );
  });
});
