import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { sampleData } from '../../../scripts/errors-doc.ts';
import { CATALOGUE, EXIT, KINDS, type ErrorCode, type Kind } from '../../../src/errors/index.ts';
import type { Entry } from '../../../src/errors/entry.ts';

const root = resolve(import.meta.dirname, '../../..');
const codes = Object.keys(CATALOGUE) as ErrorCode[];
const entryOf = (code: ErrorCode): Entry => CATALOGUE[code];
const documentText = readFileSync(join(root, 'docs/errors.md'), 'utf8');

/** All codes that occur as a string in the TypeScript files below `folder`, except below `not`. */
function codesIn(folder: string, not: string): ReadonlySet<string> {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => join(e.parentPath, e.name))
    .filter((file) => !file.startsWith(join(root, not)));
  return new Set(files.flatMap((file) => readFileSync(file, 'utf8').match(/\bLAM_[A-Z]+(?:_[A-Z]+)*\b/g) ?? []));
}

describe('the error catalogue', () => {
  test('has a heading in docs/errors.md for every code, and no heading without a code', () => {
    const headings = [...documentText.matchAll(/^### (\S+)$/gm)].map((m) => m[1] ?? '');
    assert.deepEqual(headings.toSorted(), codes.toSorted());
  });

  test('names its codes LAM_<ROOM>_<WHAT>, each in the file of its room', () => {
    const folder = join(root, 'src/errors/catalogue');
    for (const file of readdirSync(folder).filter((f) => f !== 'index.ts' && f !== 'general.ts')) {
      const room = file.replace('.ts', '').toUpperCase();
      const own = [...readFileSync(join(folder, file), 'utf8').matchAll(/^ {2}(LAM_\w+): /gm)].map((m) => m[1] ?? '');
      for (const code of own)
        assert.ok(code.startsWith(`LAM_${room}_`) || code === 'LAM_RUNTIME_MISSING', `${code} in ${file}`);
    }
  });

  test('contains no code that src never throws', () => {
    const thrown = codesIn('src', 'src/errors/catalogue');
    assert.deepEqual(
      codes.filter((code) => !thrown.has(code)),
      [],
    );
  });

  test('contains no code that no test asserts', () => {
    const asserted = codesIn('test', 'test/unit/errors/catalogue.test.ts');
    assert.deepEqual(
      codes.filter((code) => !asserted.has(code)),
      [],
    );
  });

  test('has no message or hint with a full stop at the end or blanks at the ends', () => {
    for (const code of codes) {
      const message = String(entryOf(code).message(sampleData()));
      const hint = String(entryOf(code).hint?.(sampleData()) ?? '');
      // Where AWS clients see the message, the wording may be AWS's.
      if (entryOf(code).aws === undefined) assert.doesNotMatch(message, /\w\.$/, `${code}: ${message}`);
      assert.doesNotMatch(message, /\n\n|^\s|\s$/, `${code}: ${message}`);
      assert.doesNotMatch(hint, /\w\.$|\n|^\s|\s$/, `${code}: ${hint}`);
    }
  });

  test('has fault lam for failures that only a bug can cause', () => {
    for (const code of codes.filter((c) => c.startsWith('LAM_INTERNAL')))
      assert.equal(entryOf(code).fault, 'lam', code);
  });
});

describe('the table of kinds', () => {
  test('is the one of docs/errors.md', () => {
    const rows = [...documentText.matchAll(/^\| ([a-z_]+) \| (\d+) \| (\d+) \|$/gm)].map((m) => [
      m[1],
      { exit: Number(m[2]), http: Number(m[3]) },
    ]);
    assert.deepEqual(Object.fromEntries(rows), KINDS);
  });

  test('contains no unused kind', () => {
    const used = new Set<Kind>(codes.map((code) => entryOf(code).kind));
    assert.deepEqual(
      (Object.keys(KINDS) as Kind[]).filter((kind) => !used.has(kind)),
      [],
    );
  });

  test('gives each HTTP status to one kind, so that a client can tell kinds apart', () => {
    const statuses = Object.values(KINDS).map((k) => k.http);
    assert.equal(new Set(statuses).size, statuses.length);
  });

  test('uses only the documented exit codes, and never those of success or of a failed function', () => {
    for (const [kind, { exit }] of Object.entries<{ readonly exit: number }>(KINDS)) {
      assert.ok([1, 2, 3, 4, 6, 7, 8, 9, 130].includes(exit), kind);
      assert.ok(exit !== EXIT.ok && exit !== EXIT.functionError, kind);
    }
  });
});
