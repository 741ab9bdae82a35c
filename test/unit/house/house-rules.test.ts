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

  test('accepts names that are not exported or only similar', () => {
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

  test('requires a reason for a disabled rule', () => {
    // In two parts, or the check would find it here.
    const comment = ['// oxlint', 'disable-next-line no-console'].join('-');
    assert.equal(faultsOf('src/pool/x.ts', `${comment}\n`).length, 1);
    assert.deepEqual(faultsOf('src/pool/x.ts', `${comment} -- the daemon has no terminal yet\n`), []);
  });

  test('refuses Python under src that exceeds the bounds of TypeScript, without comments, docstrings and blank lines', () => {
    const body = (lines: number): string => "    '''Says\n    why.'''\n    # Why.\n\n" + '    x = 1\n'.repeat(lines);
    const python = (text: string): string[] => faultsOf('src/bootstraps/python3/x.py', text);
    assert.deepEqual(python(`def f(\n    a,\n):\n${body(57)}\ny = 1\n`), []);
    assert.match(python(`def f(\n    a,\n):\n${body(58)}\ny = 1\n`)[0] ?? '', /'f' has 61 lines; 60 are the most/);
    assert.match(
      python(`class C:\n    async def g(self):\n${'        x = 1\n'.repeat(60)}`)[0] ?? '',
      /'g' has 61 lines/,
    );
    assert.deepEqual(python('y = 1\n# Why.\n'.repeat(400)), []);
    assert.match(python('y = 1\n'.repeat(401))[0] ?? '', /has 401 lines of code/);
    assert.deepEqual(python('def f(self, a, b=(1, 2), *, c, d=None):\n    pass\n'), []);
    assert.match(python('def f(a, b=(1, 2), *c, d, **e):\n    pass\n')[0] ?? '', /'f' takes 5 parameters/);
    assert.deepEqual(faultsOf('test/x.py', 'y = 1\n'.repeat(401)), []);
  });

  test('refuses a type, interface or class that two files export under one name', () => {
    const faults = (a: string, b: string): string[] =>
      houseFaults(
        [
          { path: 'src/pool/a.ts', text: a },
          { path: 'src/edge/b.ts', text: b },
        ],
        glossary,
        [],
      );
    assert.deepEqual(faults('export interface Place {}\n', 'export abstract class Place {}\n'), [
      "src/pool/a.ts, src/edge/b.ts: each exports its own 'Place'; a name means one thing",
    ]);
    assert.deepEqual(faults('export type Place = 1;\n', 'interface Place {}\n'), []);
    assert.deepEqual(faults('export type Place = 1;\n', "export { type Place } from './a.ts';\n"), []);
    assert.deepEqual(faults('export type Place = 1;\nexport class Place {}\n', ''), []);
  });

  test('refuses a path of the machine in any file', () => {
    assert.match(faultsOf('docs/x.md', 'see /home/someone/notes')[0] ?? '', /belongs to one machine/);
  });
});

describe('values of brands', () => {
  const maker = { path: 'src/contract/ids.ts', text: "export type Digest = Brand<string, 'Digest'>;\n" };
  const faults = (path: string, text: string): string[] => houseFaults([maker, { path, text }], glossary, []);

  test("are not made with 'as' outside their files", () => {
    const cast = 'const a = text as Digest;\nconst b = number as unknown as Digest;\n';
    assert.deepEqual(
      faults('src/pool/a.ts', cast),
      Array.from({ length: 2 }, () => {
        return "src/pool/a.ts: makes a Digest with 'as'; take its maker from src/contract/ids.ts or src/contract/names.ts";
      }),
    );
    assert.deepEqual(faults('src/contract/names.ts', cast), []);
  });

  test("are not made with 'as' where they are numbers either", () => {
    const names = {
      path: 'src/contract/names.ts',
      text: "export type VersionNumber = Brand<number, 'VersionNumber'>;\n",
    };
    const version = { path: 'src/pool/a.ts', text: 'const next = (last + 1) as VersionNumber;\n' };
    assert.match(houseFaults([names, version], glossary, [])[0] ?? '', /makes a VersionNumber with 'as'/);
  });

  test('may be named, imported from their files, and cast to other types', () => {
    const text = 'const a: Digest = digestOf(hash);\nconst b = a as string as DigestList;\n';
    assert.deepEqual(faults('src/pool/a.ts', text), []);
  });
});
