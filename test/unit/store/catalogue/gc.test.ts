import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_CONFIG } from '../../../../src/contract/index.ts';
import { CatalogueState } from '../../../../src/store/catalogue/state.ts';
import { planGc, referencedArtifacts, type CatalogueView, type FunctionRecord } from '../../../../src/store/index.ts';
import { digestFor, asFunctionName, asVersion } from '../../../support/ids.ts';

function functionRecord(
  name: string,
  versions: readonly number[],
  live: number,
  aliases: Record<string, number> = {},
): FunctionRecord {
  return {
    name: asFunctionName(name),
    createdAt: 0,
    updatedAt: 0,
    lastVersion: asVersion(Math.max(...versions)),
    live: asVersion(live),
    aliases: Object.fromEntries(Object.entries(aliases).map(([alias, to]) => [alias, asVersion(to)])),
    overrides: {},
    history: [],
    versions: Object.fromEntries(
      versions.map((version) => [
        version,
        {
          version: asVersion(version),
          artifact: digestFor(`${version}`.repeat(64)),
          config: DEFAULT_CONFIG,
          input: {},
          createdAt: 0,
          by: '',
          message: '',
          size: 0,
        },
      ]),
    ),
  };
}

function catalogueOf(...records: readonly FunctionRecord[]): CatalogueView {
  return CatalogueState.of(records);
}

describe('the plan of gc', () => {
  test('keeps the newest versions, and the live and aliased ones', () => {
    const catalogue = catalogueOf(
      functionRecord('b', [1, 2, 3, 4, 5, 12], 2, { prod: 3 }),
      functionRecord('a', [7, 8], 8),
    );
    assert.deepEqual(planGc(catalogue, 1), [
      { name: 'a', version: 7 },
      { name: 'b', version: 1 },
      { name: 'b', version: 4 },
      { name: 'b', version: 5 },
    ]);
  });

  test('keeps live and aliased versions even when none are to be kept', () => {
    assert.deepEqual(planGc(catalogueOf(functionRecord('f', [1, 2, 3], 3, { old: 1 })), 0), [
      { name: 'f', version: 2 },
    ]);
  });

  test('drops nothing of a function with few versions, and no pinned version', () => {
    const catalogue = catalogueOf(functionRecord('f', [1, 2, 3], 3));
    assert.deepEqual(planGc(catalogue, 5), []);
    assert.deepEqual(
      planGc(catalogue, 1, (_, version) => version === 1),
      [{ name: 'f', version: 2 }],
    );
  });
});

describe('the artifacts that a catalogue refers to', () => {
  test('are those of all versions except dropped ones', () => {
    const catalogue = catalogueOf(functionRecord('a', [1, 2], 2), functionRecord('b', [2, 3], 3));
    const digestOf = (version: number): string => `${version}`.repeat(64);
    assert.deepEqual(referencedArtifacts(catalogue), new Set([1, 2, 3].map(digestOf)));
    const dropped = [
      { name: asFunctionName('a'), version: asVersion(1) },
      { name: asFunctionName('b'), version: asVersion(2) },
    ];
    assert.deepEqual(referencedArtifacts(catalogue, dropped), new Set([2, 3].map(digestOf)));
  });
});
