import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../../..');
const HEAD = /^\| id +\| promise +\| test file +\| title +\|$/;
const TITLE = /\btest\(\s*(?:(['"])((?:\\.|(?!\1)[^\\])*)\1|`((?:\\.|[^`\\])*)`)/g;

/** A row of a table of promises. */
interface PromiseRow {
  readonly id: string;
  readonly promise: string;
  readonly file: string;
  readonly title: string;
}

/** The rows of every table in the document that has the columns id, promise, test file and title. */
function promisesIn(document: string): PromiseRow[] {
  const rows: PromiseRow[] = [];
  let isInside = false;
  for (const line of document.split('\n')) {
    if (HEAD.test(line)) isInside = true;
    else if (!line.startsWith('|')) isInside = false;
    else if (isInside && !/^\| -+/.test(line)) {
      const [id = '', promise = '', file = '', title = '', ...more] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      assert.deepEqual(more, [], line);
      rows.push({ id, promise, file: file.replaceAll('`', ''), title });
    }
  }
  return rows;
}

/** Whether a file has a test of this title, given as text or as a template. */
function hasTest(source: string, title: string): boolean {
  for (const [, , plain, template] of source.matchAll(TITLE)) {
    if (plain !== undefined && plain.replaceAll(/\\(.)/g, '$1') === title) return true;
    if (template === undefined) continue;
    const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/\\(.)/g, '$1'));
    // A template of hardly any text would fit every title.
    if (parts.join('').length < 8) continue;
    if (
      new RegExp(`^${parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('.+')}$`).test(
        title,
      )
    )
      return true;
  }
  return false;
}

/** What is wrong with the promises of a document. */
function faultsOf(document: string, sourceOf: (file: string) => string | undefined): string[] {
  const faults: string[] = [];
  const numbers = new Map<string, number>();
  for (const { id, promise, file, title } of promisesIn(document)) {
    const [, letter = '', digits = ''] = /^([A-Z])([1-9][0-9]*)$/.exec(id) ?? [];
    const [number, last] = [Number(digits), numbers.get(letter) ?? 0];
    if (letter === '' || number < last || number > last + 1) faults.push(`${id} is not the next number of its table`);
    numbers.set(letter, number);
    if (promise === '') faults.push(`${id} promises nothing`);
    const source = sourceOf(file);
    if (source === undefined) faults.push(`${id}: there is no file ${file}`);
    else if (!hasTest(source, title)) faults.push(`${id}: ${file} has no test '${title}'`);
  }
  return faults;
}

test('every promise in the specification names a test that exists', () => {
  const document = readFileSync(resolve(root, 'docs/SPECIFICATION.md'), 'utf8');
  assert.ok(promisesIn(document).length > 30, `${promisesIn(document).length} promises`);
  const sourceOf = (file: string): string | undefined =>
    existsSync(resolve(root, file)) ? readFileSync(resolve(root, file), 'utf8') : undefined;
  assert.deepEqual(faultsOf(document, sourceOf), []);
});

test('a promise without its test, its number or its file is a fault', () => {
  const table = (...rows: string[]): string =>
    ['| id | promise | test file | title |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const sources: Record<string, string> = {
    'a.ts': `test('holds', f); test("it's \\"so\\"", f); test(\`of many \${what} holds\`, f); test(\n  'on a new line', f); test(\`\${x}\`, f);`,
  };
  const faults = (...rows: string[]): string[] => faultsOf(table(...rows), (file) => sources[file]);
  const good = ['holds', `it's "so"`, 'of many files holds', 'on a new line'];
  for (const title of good) assert.deepEqual(faults(`| D1 | p | \`a.ts\` | ${title} |`), [], title);
  assert.deepEqual(faults('| D1 | p | `a.ts` | holds not |'), ["D1: a.ts has no test 'holds not'"]);
  assert.deepEqual(faults('| D1 | p | `b.ts` | holds |'), ['D1: there is no file b.ts']);
  assert.deepEqual(faults('| D1 |  | `a.ts` | holds |'), ['D1 promises nothing']);
  assert.deepEqual(
    faults('| D1 | p | `a.ts` | holds |', '| D1 | q | `a.ts` | holds |', '| D3 | r | `a.ts` | holds |'),
    ['D3 is not the next number of its table'],
  );
});
