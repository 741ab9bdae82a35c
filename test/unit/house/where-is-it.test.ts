import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../../..');
const FOLDERS = /^(?:src|bench|templates|test|scripts)\//;

/** Paths in the second column of the table; a bare file name is in the folder of the path before it. */
function namedPaths(document: string): readonly string[] {
  const table = document.split('## Where is it?')[1]?.split('\n## ')[0] ?? '';
  const cells = table.split('\n').map((line) => line.split('|')[2] ?? '');
  return cells.flatMap((cell) => {
    const paths: string[] = [];
    for (const [, name = ''] of cell.matchAll(/`([^`]+)`/g)) {
      if (FOLDERS.test(name)) paths.push(name);
      else if (/^[\w-]+\.ts$/.test(name)) paths.push(`${dirname(paths.at(-1) ?? '')}/${name}`);
    }
    return paths;
  });
}

test("every file and folder that 'Where is it?' names exists", () => {
  const paths = namedPaths(readFileSync(resolve(root, 'docs/ARCHITECTURE.md'), 'utf8'));
  assert.ok(paths.length > 40, `${paths.length} paths`);
  const missing = paths.filter((path) => globSync(path.replaceAll(/<\w+>/g, '*'), { cwd: root }).length === 0);
  assert.deepEqual(missing, []);
});

test('bare names and placeholders are read as paths', () => {
  const row =
    '## Where is it?\n\n| a | `src/pool/policy/keep.ts`, `traffic.ts` (see `npm run deps`), `src/errors/<room>.ts` |\n## x\n| b | `src/c` |';
  assert.deepEqual(namedPaths(row), ['src/pool/policy/keep.ts', 'src/pool/policy/traffic.ts', 'src/errors/<room>.ts']);
});
