import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { compileFunction } from 'node:vm';
import { projectValidatorCode } from '../../../scripts/project-validator.ts';
import { schemaErrors } from '../../../src/project/validator.ts';
import { TRIGGER_KINDS } from '../../../src/triggers/index.ts';

interface Check {
  (value: unknown): boolean;
  readonly errors?: readonly unknown[] | null;
}

/** The check as bundles contain it. */
function checkMadeAhead(): Check {
  const module = { exports: undefined as unknown };
  compileFunction(projectValidatorCode(), ['module', 'require'])(module, createRequire(import.meta.url));
  return module.exports as Check;
}

describe('the check of lam.yaml that is made when lam is built', () => {
  test('finds the same faults as the one that is made when it runs', () => {
    const check = checkMadeAhead();
    for (const value of [
      { name: 'a', runtime: 'nodejs' },
      { name: 'a', runtime: 'nodejs', memory: 'much', timeout: -1, environment: { A: 1 } },
      { name: '\u{1F600}'.repeat(65), runtime: 'nodejs' },
      { runtim: 'nodejs' },
      { functions: { 'a b': { runtime: 'nodejs' }, c: { runtime: 7, routes: [{}], triggers: [{ type: 'none' }] } } },
      [],
      null,
    ]) {
      const errors = check(value) ? [] : check.errors;
      assert.deepEqual(errors, schemaErrors(value, TRIGGER_KINDS), JSON.stringify(value));
    }
  });
});
