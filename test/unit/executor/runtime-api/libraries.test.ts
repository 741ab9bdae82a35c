import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { dynamicSection } from '../../../../src/executor/runtime-api/elf.ts';
import {
  checkLibraries,
  LARGEST_PROGRAM_BYTES,
  readProgram,
  type LibraryPlace,
} from '../../../../src/executor/index.ts';
import { CRAFTED_DATA, craftedElf } from '../../../support/crafted-elf.ts';
import { compileC, NO_GCC, programForNewerLibrary, programWithoutLibrary } from '../../../support/native-programs.ts';

/** This machine, where the code is at `/var/task`. */
const THIS_MACHINE: LibraryPlace = {
  exists: (path) => Promise.resolve(existsSync(path)),
  read: readProgram,
  machine: process.arch,
  title: 'this machine',
  taskRoot: '/var/task',
  libraryPath: '',
};

describe('the shared libraries of a program', { skip: NO_GCC }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-libraries-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const check = (code: string, over: Partial<LibraryPlace> = {}): Promise<string> =>
    checkLibraries(code, 'program', { ...THIS_MACHINE, ...over }).then((fault) => fault?.errorMessage ?? '');

  test('are all there for a program of this system', async () => {
    compileC(join(folder, 'good/program'), 'int main(void) { return 0; }');
    assert.equal(await check(join(folder, 'good')), '');
  });

  test('are named when one is missing, and found in the folders that the program and its environment name', async () => {
    const code = join(folder, 'foo');
    programWithoutLibrary(code);
    const section = dynamicSection(readFileSync(join(code, 'program')));
    assert.ok(section?.needed.includes('libfoo.so.1') && section.neededVersions.size > 0);
    assert.match(
      await check(code),
      /\[\/var\/task\/program\] \(it needs the shared library libfoo\.so\.1, which neither the package nor this machine has; /,
    );
    copyFileSync(join(code, 'libfoo.so'), join(code, 'libfoo.so.1'));
    assert.equal(await check(code, { libraryPath: '/nowhere:/var/task' }), '');
    const source = 'int foo(void); int main(void) { return foo(); }';
    compileC(join(code, 'program'), source, [join(code, 'libfoo.so'), '-Wl,-rpath,$ORIGIN']);
    assert.equal(await check(code), '');
  });

  test('are followed through libraries of the package', async () => {
    const code = join(folder, 'deep');
    const shared = (name: string): readonly string[] => ['-shared', '-fPIC', `-Wl,-soname,${name}`];
    compileC(join(code, 'libbar.so.2'), 'int bar(void) { return 1; }', shared('libbar.so.2'));
    const foo = 'int bar(void); int foo(void) { return bar(); }';
    compileC(join(code, 'libfoo.so.1'), foo, [...shared('libfoo.so.1'), join(code, 'libbar.so.2')]);
    const program = ['-Wl,-rpath,$ORIGIN', join(code, 'libfoo.so.1'), join(code, 'libbar.so.2')];
    compileC(join(code, 'program'), 'int foo(void); int main(void) { return foo(); }', program);
    rmSync(join(code, 'libbar.so.2'));
    assert.match(
      await check(code),
      /\(its library libfoo\.so\.1 needs the shared library libbar\.so\.2, which neither/,
    );
  });

  test('are compared in the versions of their symbols', async () => {
    programForNewerLibrary(join(folder, 'newer'));
    assert.match(
      await check(join(folder, 'newer')),
      /\(it needs GLIBC_9[.9]+ of libc\.so\.6, which the one of this machine does not have; /,
    );
  });

  test('cannot be told of a static program, a script or a damaged file', () => {
    compileC(join(folder, 'static/program'), 'int main(void) { return 0; }', ['-static']);
    assert.equal(dynamicSection(readFileSync(join(folder, 'static/program'))), undefined);
    assert.equal(dynamicSection(Buffer.from('#!/bin/sh\n')), undefined);
    const whole = readFileSync(join(folder, 'good/program'));
    for (let length = 0; length < whole.length; length += 97) dynamicSection(whole.subarray(0, length));
  });
});

/** Tags of the dynamic section. */
const DT = {
  needed: 1n,
  strtab: 5n,
  runpath: 29n,
  verdef: 0x6ffffffcn,
  verdefnum: 0x6ffffffdn,
  verneed: 0x6ffffffen,
  verneednum: 0x6fffffffn,
};

describe('a file crafted against its reader', { timeout: 20_000 }, () => {
  const at = BigInt(CRAFTED_DATA);

  test('is not followed in circles, however often it says that there is more', () => {
    const definitions = [
      [DT.strtab, at],
      [DT.verdef, at],
      [DT.verdefnum, 2n ** 62n],
    ] as const;
    assert.equal(dynamicSection(craftedElf({ dynamic: definitions })), undefined);
    const needs = [
      [DT.strtab, at],
      [DT.verneed, at],
      [DT.verneednum, 2n ** 62n],
    ] as const;
    const many = Buffer.alloc(64);
    many.writeUInt16LE(65_535, 2);
    assert.equal(dynamicSection(craftedElf({ dynamic: needs, data: many })), undefined);
  });

  test('is not read for names without an end', () => {
    const dynamic = Array.from({ length: 60 }, () => [DT.needed, 0n] as const);
    const data = Buffer.alloc(4 * 1024 * 1024, 'x');
    assert.equal(dynamicSection(craftedElf({ dynamic: [[DT.strtab, at], ...dynamic], data })), undefined);
  });

  test('is not searched for in more places than programs have', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-crafted-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const names = Array.from({ length: 8 }, (_, index) => `lib${index}.so`);
    const folders = Buffer.from(`${'/a:'.repeat(1300)}\0`);
    const data = Buffer.concat([folders, Buffer.from(`${names.join('\0')}\0`)]);
    const needed = names.map((_, index) => [DT.needed, BigInt(folders.length + index * 'lib0.so\0'.length)] as const);
    const dynamic = [[DT.strtab, at], [DT.runpath, 0n], ...needed] as const;
    writeFileSync(join(folder, 'program'), craftedElf({ dynamic, data }));
    let looks = 0;
    const exists = (path: string): Promise<boolean> => {
      looks += 1;
      return Promise.resolve(path.startsWith('/lib/lib'));
    };
    assert.equal(await checkLibraries(folder, 'program', { ...THIS_MACHINE, exists }), null);
    assert.ok(looks > 1000 && looks <= 5000, `${looks} looks`);
  });

  test('is of the package or not, however the path is written', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-crafted-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const code = join(folder, 'code');
    mkdirSync(code);
    writeFileSync(join(folder, 'secret'), '');
    const data = Buffer.from('\0/var/task/../secret\0');
    writeFileSync(
      join(code, 'program'),
      craftedElf({
        dynamic: [
          [DT.strtab, at],
          [DT.needed, 1n],
        ],
        data,
      }),
    );
    const asked: string[] = [];
    const exists = (path: string): Promise<boolean> => Promise.resolve(asked.push(path) === 0);
    const fault = await checkLibraries(code, 'program', { ...THIS_MACHINE, exists });
    assert.match(fault?.errorMessage ?? '', /needs the shared library \/var\/task\/\.\.\/secret, which neither/);
    assert.deepEqual(asked, ['/var/secret']);
  });

  test('says what it needs, as others do', () => {
    const data = Buffer.from('\0libfoo.so\0');
    const section = dynamicSection(
      craftedElf({
        dynamic: [
          [DT.strtab, at],
          [DT.needed, 1n],
        ],
        data,
      }),
    );
    assert.deepEqual(section?.needed, ['libfoo.so']);
  });
});

test('a program is only read where it is a plain file of a sensible size', { timeout: 20_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lam-read-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [plain, large, pipe] = ['plain', 'large', 'pipe'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(plain, 'text');
  assert.equal((await readProgram(plain))?.toString(), 'text');
  writeFileSync(large, '');
  truncateSync(large, LARGEST_PROGRAM_BYTES + 1);
  execFileSync('mkfifo', [pipe]);
  // Opening a pipe without a writer would hold a thread of the daemon for good.
  for (const path of [large, pipe, '/dev/zero', folder, join(folder, 'none')])
    assert.equal(await readProgram(path), undefined, path);
});
