import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Returns the files of an example in docs/triggers.md, with the broker at `port` instead of its usual port. */
export function docExample(
  name: string,
  { usualPort, port }: { readonly usualPort: number; readonly port: number },
): Readonly<Record<string, string>> {
  const example = exampleAt(name);
  const [yaml, code] = [...example.matchAll(/```(?:yaml|js)\n([^]*?)```/g)].map((match) => match[1]);
  assert.ok(yaml !== undefined && code !== undefined, `docs/triggers.md has an example '${name}'`);
  assert.ok(yaml.includes(`:${usualPort}`), `the example '${name}' names the port ${usualPort}`);
  return { 'lam.yaml': yaml.replaceAll(`:${usualPort}`, `:${port}`), 'index.js': code };
}

/** Returns the SQL of an example in docs/triggers.md. */
export function docSql(name: string): string {
  const [, sql] = /```sql\n([^]*?)```/.exec(exampleAt(name)) ?? [];
  assert.ok(sql !== undefined, `docs/triggers.md has SQL for '${name}'`);
  return sql;
}

/** What follows the mark of an example. */
function exampleAt(name: string): string {
  const text = readFileSync(resolve(import.meta.dirname, '../../../docs/triggers.md'), 'utf8');
  return text.split(`<!-- example: ${name} -->`)[1] ?? '';
}
