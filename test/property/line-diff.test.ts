import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from '../../src/kit/line-diff.ts';

/** Texts of few different lines, so that many are shared. */
const text = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 }), fc.boolean())
  .map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''));

/** What the hunks make of a text. */
function patched(before: string, diff: string): string {
  const old = before === '' ? [] : before.split(/(?<=\n)/);
  let result = '';
  let at = 0;
  const lines = diff === '' ? [] : diff.split(/(?<=\n)/);
  for (const [index, line] of lines.entries()) {
    const range = /^@@ -(\d+),(\d+) /.exec(line);
    if (range !== null) {
      const start = Number(range[1]) - (range[2] === '0' ? 0 : 1);
      result += old.slice(at, start).join('');
      at = start;
      continue;
    }
    if (line.startsWith('\\')) continue;
    const bare = lines[index + 1]?.startsWith('\\') === true ? line.slice(1, -1) : line.slice(1);
    if (line.startsWith('+')) result += bare;
    else {
      assert.equal(bare, old[at]);
      if (line.startsWith(' ')) result += bare;
      at += 1;
    }
  }
  return result + old.slice(at).join('');
}

/** Length of a longest common subsequence of lines, by the textbook's table. */
function shared(a: readonly string[], b: readonly string[]): number {
  let row = [0, ...b.map(() => 0)];
  for (const line of a) {
    const next = [0];
    for (const [j, other] of b.entries())
      next.push(line === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe('a unified diff', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'lam-diff-'))));
  after(() => rmSync(folder, { recursive: true }));

  test('makes the second text of the first, with as few changed lines as possible', () =>
    fc.assert(
      fc.property(text, text, (one, two) => {
        const diff = unifiedDiff(one, two);
        assert.equal(patched(one, diff), two);
        const lines = (of: string): string[] => (of === '' ? [] : of.split(/(?<=\n)/));
        const changed = diff.split('\n').filter((line) => /^[-+]/.test(line)).length;
        assert.equal(changed, lines(one).length + lines(two).length - 2 * shared(lines(one), lines(two)));
      }),
      { numRuns: 300 },
    ));

  test('of equal texts is empty', () => fc.assert(fc.property(text, (one) => unifiedDiff(one, one) === '')));

  test('is what patch applies', { skip: spawnSync('patch', ['--version']).status !== 0 && 'no patch here' }, () =>
    fc.assert(
      fc.property(text, text, (one, two) => {
        const file = join(folder, 'file');
        writeFileSync(file, one);
        const input = `--- file\n+++ file\n${unifiedDiff(one, two)}`;
        // An empty diff is garbage to patch, and an emptied file is removed.
        fc.pre(one !== two && two !== '' && one !== '');
        const done = spawnSync('patch', ['-s', file], { input, encoding: 'utf8' });
        assert.equal(done.status, 0, done.stdout + done.stderr);
        assert.equal(readFileSync(file, 'utf8'), two);
      }),
      { numRuns: 30 },
    ),
  );

  test('of texts with very many changes replaces what lies between them', () => {
    const one = Array.from({ length: 3000 }, (_, n) => `${n}\n`).join('');
    const two = Array.from({ length: 3000 }, (_, n) => (n % 2 === 0 ? `${n}\n` : `x${n}\n`)).join('');
    const diff = unifiedDiff(`same\n${one}`, `same\n${two}`);
    assert.match(diff, /^@@ -1,3001 \+1,3001 @@\n same\n 0\n-1\n/);
    assert.equal(patched(`same\n${one}`, diff), `same\n${two}`);
  });
});
