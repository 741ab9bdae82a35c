import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { knownFunctionName } from '../../../src/contract/index.ts';
import { parseProject, projectText, withoutVariableValues } from '../../../src/project/index.ts';

test('a lam.yaml loses the values of variables and nothing else', () => {
  const text = [
    '# greets',
    'name: hello # its name',
    'runtime: nodejs',
    'environment:',
    '  KEY: secret-1',
    '  URL: "secret-2" # where',
    '  LONG: |',
    '    secret-3',
    '  NUMBER: 17',
    'functions:',
    '  other:',
    '    path: other',
    '    environment: { A: secret-4, B: &anchor secret-5 }',
    '',
  ].join('\n');
  const kept = withoutVariableValues(text);
  assert.doesNotMatch(kept, /secret|17/);
  for (const part of ['# greets', 'name: hello # its name', 'KEY: ""', 'NUMBER: ""', 'path: other', 'B: ""'])
    assert.ok(kept.includes(part), `${part} in\n${kept}`);
});

test('variables that stand elsewhere, and what is no YAML, go as a whole', () => {
  const shared = 'x: &env\n  KEY: secret\nname: hello\nenvironment: *env\n';
  assert.equal(withoutVariableValues(shared), 'x: &env\n  KEY: ""\nname: hello\nenvironment: *env\n');
  const merged = 'x: &env { KEY: secret }\nenvironment:\n  <<: *env\n  B: secret\n';
  assert.doesNotMatch(withoutVariableValues(merged), /secret/);
  const deep = 'x: &base\n  environment: { A: secret }\nfunctions:\n  a:\n    <<: *base\n';
  assert.doesNotMatch(withoutVariableValues(deep), /secret/);
  for (const text of [
    'environment: "secret"',
    'environment: [secret]',
    'environment: { A: [secret] }',
    'environment: { A: *none }',
  ])
    assert.doesNotMatch(withoutVariableValues(text), /secret/);
  for (const text of ['a: [', '- secret', 'KEY=secret']) assert.equal(withoutVariableValues(text), '');
});

test('a lam.yaml that is made of settings reads as these settings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lam-pushed-'));
  try {
    const settings = {
      runtime: 'python3',
      handler: 'app.main',
      timeoutMs: 2500,
      memoryMiB: 512,
      idleTimeoutMs: 60_000,
      payload: '1.0' as const,
      maxQueue: 5,
      triggers: [{ type: 'http', route: 'GET /a' }],
      async: true,
      maximumEventAgeMs: 60_000,
      onFailure: { type: 'function', function: 'audit' },
    };
    const text = projectText(knownFunctionName('hello'), settings, { environment: ['KEY'], layers: [] });
    const { functions } = await parseProject(text, join(folder, 'lam.yaml'));
    const [only] = functions;
    assert.equal(only?.name, 'hello');
    assert.partialDeepStrictEqual(only?.config, { ...settings, environment: { KEY: '' } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
