import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { projectSchema } from '../../../src/project/index.ts';

interface Schema {
  readonly then: { readonly properties: object };
  readonly else: { readonly properties: Readonly<Record<string, { readonly properties?: object }>> };
}

describe('the README', () => {
  test('explains every key of lam.yaml', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const { then: many, else: one } = projectSchema() as unknown as Schema;
    const keys = [
      ...Object.keys(many.properties),
      ...Object.entries(one.properties).flatMap(([key, { properties = {} }]) => [key, ...Object.keys(properties)]),
    ];
    assert.ok(keys.length > 20, keys.join());
    const section = readme.slice(readme.indexOf('\n## lam.yaml'), readme.indexOf('\n## The daemon'));
    assert.deepEqual(
      keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(section)),
      [],
    );
  });
});
