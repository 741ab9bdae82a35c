import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { CONFIG_BOUNDS } from '../../../src/contract/index.ts';
import { projectSchema, type JsonSchema } from '../../../src/project/index.ts';

const COPY = fileURLToPath(new URL('../../../schema/lam.schema.json', import.meta.url));

test('the committed schema equals the generated one (LAM_UPDATE=1 rewrites it)', async () => {
  const fresh = `${JSON.stringify(projectSchema(), null, 2)}\n`;
  if (process.env['LAM_UPDATE'] === '1') {
    await mkdir(dirname(COPY), { recursive: true });
    await writeFile(COPY, fresh);
  }
  assert.equal(await readFile(COPY, 'utf8'), fresh);
});

test('the schema is a valid JSON schema', () => {
  assert.equal(new Ajv({ allowUnionTypes: true }).validateSchema(projectSchema()), true);
});

test('every setting has a description, and all except build have an example or a default', () => {
  const single = projectSchema()['else'] as { properties: Record<string, JsonSchema> };
  for (const [name, setting] of Object.entries(single.properties)) {
    assert.equal(typeof setting['description'], 'string', name);
    assert.ok(name === 'build' || setting['examples'] !== undefined || setting['default'] !== undefined, name);
  }
});

test('the bounds are those of the contract, with times in seconds', () => {
  const single = projectSchema()['else'] as { properties: Record<string, JsonSchema> };
  assert.equal(single.properties['timeout']?.['maximum'], CONFIG_BOUNDS.timeoutMs[1] / 1000);
  assert.equal(single.properties['memory']?.['minimum'], CONFIG_BOUNDS.memoryMiB[0]);
});
