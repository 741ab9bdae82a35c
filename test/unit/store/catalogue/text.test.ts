import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { FunctionOutline, FunctionRecord, OutlineFact } from '../../../../src/store/index.ts';
import { CatalogueDraft, CatalogueState, type CatalogueView } from '../../../../src/store/catalogue/state.ts';
import { parseCatalogue, printCatalogue } from '../../../../src/store/catalogue/text.ts';
import { recordOf } from '../support.ts';
import { asFunctionName, asVersion } from '../../../support/ids.ts';

function outline(of: FunctionOutline | undefined): unknown {
  return of && [of.live, of.versions, of.updatedAt, of.runtime];
}

/** Facts: one that all these functions have, and one that none has. */
const WARM: OutlineFact<number> = { name: 'warm', derive: ({ provisionedConcurrency }) => provisionedConcurrency };
const DESCRIBED: OutlineFact<string> = { name: 'described', derive: ({ description }) => description || undefined };
const FACTS = [DESCRIBED, WARM];

function stateOf(records: Iterable<FunctionRecord>, retired: CatalogueState['retired'] = {}): CatalogueState {
  return CatalogueState.of(records, retired, FACTS);
}

/** All that a view shows. */
function contentOf(view: CatalogueView): unknown {
  const functions = [...view.names()].map((name) => [
    outline(view.outline(name)),
    view.fact(name, WARM),
    view.fact(name, DESCRIBED),
    view.record(name),
  ]);
  return { size: view.size, retired: view.retired, functions };
}

function print(state: CatalogueState): string {
  return Buffer.concat(printCatalogue(state)).toString();
}

function read(text: string): CatalogueState {
  const reading = parseCatalogue(Buffer.from(text), FACTS);
  assert.ok(reading.kind === 'ok', JSON.stringify(reading));
  return reading.state;
}

describe('the text of a catalogue', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', '7', 'constructor', 'Some-name_9', 'x'.repeat(64), '12345'));
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', '},\n}}\n', '"}', 'grün 日本 \u2028'));

  test('is read back unchanged, for any text and in the order of the functions', () => {
    fc.assert(
      fc.property(names, texts, fc.nat({ max: 3 }), (all, text, versions) => {
        const records = all.map((name) =>
          recordOf(name, versions + 1, { overrides: { description: text }, history: [] }),
        );
        const state = stateOf(records, { gone: asVersion(3) });
        const again = read(print(state));
        assert.deepEqual(contentOf(again), contentOf(state));
        assert.deepEqual([...again.names()], all);
        assert.equal(print(again), print(state));
      }),
    );
  });

  test('is one JSON document with one line per function', () => {
    const text = print(stateOf([recordOf('a'), recordOf('b', 2)]));
    assert.deepEqual(Object.keys((JSON.parse(text) as { functions: object }).functions), ['a', 'b']);
    assert.deepEqual(
      text.split('\n').map((line) => line.slice(0, 4)),
      ['{"sc', '"a":', '"b":', '}}', ''],
    );
    assert.equal(read(print(stateOf([]))).size, 0);
  });

  test('can be any equivalent JSON', () => {
    const state = stateOf([recordOf('a'), recordOf('b', 3)], { old: asVersion(4) });
    const data: unknown = JSON.parse(print(state));
    for (const text of [JSON.stringify(data), JSON.stringify(data, null, 2), print(state).replaceAll('\n', '\r\n')]) {
      assert.deepEqual(contentOf(read(text)), contentOf(state));
    }
  });

  test('is the same for any sequence of changes, and in few pieces', () => {
    const change = fc.tuple(fc.nat({ max: 299 }), fc.constantFrom('edit', 'edit', 'edit', 'remove', 'add'));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 40 }), { maxLength: 12 }), (changes) => {
        const model = new Map(Array.from({ length: 200 }, (_, n) => [`f${n}`, recordOf(`f${n}`)]));
        let state = read(print(stateOf(model.values())));
        for (const [round, some] of changes.entries()) {
          const draft = new CatalogueDraft(state);
          for (const [n, what] of some) {
            const name = `f${n}`;
            const record = draft.edit(asFunctionName(name));
            if (what === 'remove') draft.remove(asFunctionName(name));
            else if (record !== undefined) record.updatedAt = round;
            else if (what === 'add') draft.add(recordOf(name, 1, { updatedAt: round }));
            const after = draft.record(asFunctionName(name));
            if (after === undefined) model.delete(name);
            else model.set(name, after);
          }
          state = draft.finish();
          assert.ok(printCatalogue(state).length < 70, `${printCatalogue(state).length} pieces`);
        }
        assert.deepEqual(new Map([...state.names()].map((name) => [name, state.record(name)])), model);
        assert.deepEqual(contentOf(read(print(state))), contentOf(state));
      }),
      { numRuns: 50 },
    );
  });

  const good = print(stateOf([recordOf('a'), recordOf('b')]));
  const faults: readonly [string, string, RegExp][] = [
    ['is cut off behind a line', good.slice(0, good.lastIndexOf('"b":')), /not JSON/],
    ['is cut off within a line', good.slice(0, -60), /not JSON/],
    ['lost its last line', good.replace(/\}\}\n$/, ''), /not JSON/],
    ['goes on after its end', `${good}{}`, /not JSON/],
    [
      'has a line of another function',
      good.replace('"b":{"name":"b"', '"b":{"name":"a"'),
      /function 'b': has another name inside/,
    ],
    [
      'has a function without its live version',
      good.replace('"lastVersion":1,"live":1', '"lastVersion":1,"live":2'),
      /'a': its live version/,
    ],
    [
      'names an artifact by a path',
      good.replace(/"artifact":"[0-9a-f]{64}"/, '"artifact":"../../../etc"'),
      /function 'a': version 1 names no artifact by its digest/,
    ],
    [
      'names a kept zip by a path',
      good.replace('"artifact":', '"zip":{"artifact":"../x"},"artifact":'),
      /function 'a': version 1 names no artifact by its digest/,
    ],
    [
      'names an artifact by a digest with more behind it',
      good.replace(/("artifact":"[0-9a-f]{64})"/, '$1/../../x"'),
      /function 'a': version 1 names no artifact by its digest/,
    ],
    [
      'has a version with a path for a number',
      good.replace('"versions":{"1":', '"versions":{"../1":'),
      /function 'a': its live version is missing/,
    ],
    [
      'has a further version with a path for a number',
      good.replace('"versions":{"1":', '"versions":{"../1":{},"1":'),
      /function 'a': version '..\/1' has a number that is not valid/,
    ],
    [
      'has a version with another number inside',
      good.replace('"version":1', '"version":2'),
      /version 1 is not complete/,
    ],
    [
      'has a version with flags that are no settings',
      good.replace('"version":1', '"flags":[],"version":1'),
      /version 1 is not complete/,
    ],
    [
      'has a version with live settings that are none',
      good.replace('"version":1', '"overrides":"x","version":1'),
      /version 1 is not complete/,
    ],
    ['has a live version that is text', good.replace('"live":1', '"live":"1"'), /'a': its live version is missing/],
    [
      'has a function with a path for a name',
      good.replace('"a":{"name":"a"', '"../a":{"name":"../a"'),
      /function '..\/a': its name is not valid/,
    ],
    [
      'has an alias with a path for a name',
      good.replace('"aliases":{}', '"aliases":{"../x":1}'),
      /alias '..\/x' has a name that is not valid/,
    ],
    [
      'has an alias that points at the prototype',
      good.replace('"aliases":{}', '"aliases":{"x":"constructor"}'),
      /alias 'x' points at a version that is missing/,
    ],
    [
      'has a deleted function with a path for a name',
      good.replace('"retired":{}', '"retired":{"../x":1}'),
      /deleted function '..\/x'/,
    ],
    ['has a deleted function without a number', good.replace('"retired":{}', '"retired":{"x":"1"}'), /function 'x'/],
  ];
  for (const [title, text, why] of faults) {
    test(`that ${title} is corrupt`, () => {
      assert.notEqual(text, good);
      const reading = parseCatalogue(Buffer.from(text));
      assert.equal(reading.kind, 'corrupt');
      assert.match(reading.kind === 'corrupt' ? reading.why : '', why);
    });
  }
});

describe('a draft of a catalogue', () => {
  const base = stateOf([recordOf('a'), recordOf('b', 2)], { gone: asVersion(1) });

  test('shows its changes and leaves its base unchanged', () => {
    const before = contentOf(base);
    const draft = new CatalogueDraft(base);
    const a = draft.edit(asFunctionName('a'));
    assert.ok(a);
    a.versions['2'] = { ...(a.versions['1'] as FunctionRecord['versions'][string]), version: asVersion(2) };
    a.live = asVersion(2);
    draft.remove(asFunctionName('b'));
    draft.add(recordOf('c'));
    draft.retired['b'] = asVersion(2);
    assert.equal(draft.edit(asFunctionName('a')), a);
    assert.deepEqual(
      [
        draft.size,
        [...draft.names()],
        draft.has(asFunctionName('b')),
        draft.record(asFunctionName('b')),
        draft.edit(asFunctionName('b')),
      ],
      [2, ['a', 'c'], false, undefined, undefined],
    );
    assert.deepEqual([draft.outline(asFunctionName('a'))?.versions, draft.outline(asFunctionName('a'))?.live], [2, 2]);
    assert.deepEqual(
      [
        base.fact(asFunctionName('a'), WARM),
        draft.fact(asFunctionName('a'), WARM),
        draft.fact(asFunctionName('b'), WARM),
      ],
      [1, 1, undefined],
    );
    assert.throws(
      () => draft.fact(asFunctionName('a'), { name: 'other', derive: () => 1 }),
      /opened with the fact 'other'/,
    );
    assert.deepEqual(draft.record(asFunctionName('a')), a);
    const after = draft.finish();
    assert.deepEqual(contentOf(after), contentOf(draft));
    assert.deepEqual(contentOf(base), before);
  });

  test('returns copies to readers', () => {
    const draft = new CatalogueDraft(base);
    for (const view of [base, draft]) (view.record(asFunctionName('a')) as FunctionRecord).live = asVersion(9);
    assert.equal(draft.edit(asFunctionName('a'))?.live, 1);
    (draft.record(asFunctionName('a')) as FunctionRecord).live = asVersion(9);
    assert.equal(draft.finish(), base);
  });

  test('without differences is its base', () => {
    const draft = new CatalogueDraft(base);
    const a = draft.edit(asFunctionName('a'));
    if (a !== undefined) a.live = asVersion(7);
    if (a !== undefined) a.live = asVersion(1);
    draft.remove(asFunctionName('c'));
    draft.add(recordOf('d'));
    draft.remove(asFunctionName('d'));
    assert.equal(draft.finish(), base);
    draft.retired['gone'] = asVersion(2);
    assert.notEqual(draft.finish(), base);
  });
});
