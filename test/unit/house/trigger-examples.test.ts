import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { TRIGGER_KINDS } from '../../../src/triggers/index.ts';
import { DOC_EXAMPLES } from '../../support/doc-examples.ts';

const TESTS = join(import.meta.dirname, '../..');

describe('docs/triggers.md', () => {
  test('has an example of each kind of trigger', () => {
    for (const { type } of TRIGGER_KINDS) assert.ok(DOC_EXAMPLES.includes(type), `an example of type ${type}`);
  });

  test('has no example that no test runs', () => {
    const tests = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(TESTS, name), 'utf8'));
    for (const name of DOC_EXAMPLES)
      assert.ok(
        tests.some((text) => text.includes(`docExample('${name}'`) || text.includes(`docSql('${name}'`)),
        `a test runs the example '${name}'`,
      );
  });
});
