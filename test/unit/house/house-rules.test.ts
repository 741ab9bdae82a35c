import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { houseFaults, refusedWords } from '../../../scripts/check-house.ts';

const glossary = readFileSync(resolve(import.meta.dirname, '../../../docs/glossary.md'), 'utf8');
const faultsOf = (path: string, text: string): string[] => houseFaults([{ path, text }], glossary, ['/home/someone/']);

describe('the check of names and texts', () => {
  test('takes its words from the last column of the glossary alone', () => {
    const words = refusedWords(glossary);
    for (const word of ['lambda', 'shim', 'backend', 'helpers']) assert.ok(words.includes(word), word);
    for (const word of ['sandbox', 'docker', 'process', 'provided', 'service']) assert.ok(!words.includes(word), word);
  });

  test('refuses a word of the glossary in an exported name, in any case and number', () => {
    assert.match(faultsOf('src/pool/x.ts', 'export class LambdaPool {}\n')[0] ?? '', /'LambdaPool', but 'lambda'/);
    assert.equal(faultsOf('src/pool/x.ts', 'export async function freezeAll(): Promise<void> {}\n').length, 1);
    assert.equal(faultsOf('src/pool/x.ts', 'export const BACKENDS = 1;\n').length, 1);
  });

  test('leaves names alone that are not exported or only look alike', () => {
    assert.deepEqual(faultsOf('src/pool/x.ts', 'const lambda = 1;\nexport const agentless = lambda;\n'), []);
  });

  test('refuses a file name that says nothing', () => {
    assert.equal(faultsOf('src/kit/string-utils.ts', '').length, 1);
  });

  test('refuses an error that is not of the catalogue, except inside a sandbox', () => {
    assert.equal(faultsOf('src/pool/x.ts', "throw new Error('no');\n").length, 1);
    assert.equal(faultsOf('src/pool/x.ts', "throw new TypeError('no');\n").length, 1);
    assert.deepEqual(faultsOf('src/bootstraps/nodejs/x.ts', "throw new Error('no');\n"), []);
  });

  test('wants a reason for a rule that is switched off', () => {
    // In two parts, or the check would find it here.
    const comment = ['// oxlint', 'disable-next-line no-console'].join('-');
    assert.equal(faultsOf('src/pool/x.ts', `${comment}\n`).length, 1);
    assert.deepEqual(faultsOf('src/pool/x.ts', `${comment} -- the daemon has no terminal yet\n`), []);
  });

  test('refuses a path of the machine in any file', () => {
    assert.match(faultsOf('docs/x.md', 'see /home/someone/notes')[0] ?? '', /belongs to one machine/);
  });
});
