import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/triggers.md'), 'utf8');
const MARK = /<!-- example: ([\w-]+) -->/g;

/** Names of the examples in docs/triggers.md. */
export const DOC_EXAMPLES: readonly string[] = [...PAGE.matchAll(MARK)].map(([, name = '']) => name);

/** Names of the files of an example, by the language of its blocks. */
const FILES: Readonly<Record<string, string>> = { yaml: 'lam.yaml', js: 'index.js', python: 'lambda_function.py' };

/**
 * Returns the files of an example in docs/triggers.md: the blocks after its mark, up to the next one. Each text in `instead`
 * must be there, and is replaced by its value: a port, a folder of the test.
 */
export function docExample(name: string, instead: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const [, language = '', text = ''] of exampleText(name).matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    const file = FILES[language];
    if (file !== undefined && files[file] === undefined) files[file] = text;
  }
  assert.ok('lam.yaml' in files && Object.keys(files).length === 2, `docs/triggers.md has an example '${name}'`);
  for (const [usual, value] of Object.entries(instead)) {
    assert.ok(files['lam.yaml']?.includes(usual), `the example '${name}' has '${usual}' in its lam.yaml`);
    files['lam.yaml'] = files['lam.yaml'].replaceAll(usual, value);
  }
  return files;
}

/** Returns the SQL of an example in docs/triggers.md. */
export function docSql(name: string): string {
  const [, sql] = /```sql\n([^]*?)```/.exec(exampleText(name)) ?? [];
  assert.ok(sql !== undefined, `docs/triggers.md has SQL for '${name}'`);
  return sql;
}

/** What follows the mark of an example, up to the next one. */
function exampleText(name: string): string {
  const [, rest = ''] = PAGE.split(`<!-- example: ${name} -->`);
  const [example = ''] = rest.split('<!-- example: ');
  return example;
}
