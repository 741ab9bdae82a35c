import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openPromise } from 'yauzl';
import { buildFunction, writeZip, zipFiles } from '../../../src/build/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { temporaryFolder, workbench, writeTree } from './fixture.ts';

/** The names in a zip, in its order. */
async function names(bytes: Buffer, folder: string): Promise<readonly string[]> {
  const file = join(folder, 'names.zip');
  await writeFile(file, bytes);
  const zip = await openPromise(file);
  const found: string[] = [];
  for await (const entry of zip.eachEntry()) found.push(entry.fileName);
  zip.close();
  return found;
}

describe('zipFiles', () => {
  test('gives all files and links, or each missing file once under its first path', async (t) => {
    const bench = await workbench(t, {
      'b.txt': 'same',
      'a.txt': 'same',
      'index.mjs': 'export {}',
      link: { link: 'a.txt' },
    });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(await names(await buffer(zipFiles(built, 'all')), bench.directory), [
      'a.txt',
      'b.txt',
      'index.mjs',
      'link',
    ]);
    const same = built.manifest.entries.find((entry) => entry.path === 'b.txt');
    assert.ok(same?.kind === 'file');
    assert.deepEqual(await names(await buffer(zipFiles(built, new Set([same.digest]))), bench.directory), ['a.txt']);
    assert.deepEqual(await names(await buffer(zipFiles(built, new Set())), bench.directory), []);
    let entries = 0;
    await buffer(zipFiles(built, 'all', () => (entries += 1)));
    assert.equal(entries, 4);
  });

  test('ends with LAM_BUILD_FILE_LOST when a file is missing', async (t) => {
    const bench = await workbench(t, { 'index.mjs': 'export {}' });
    const built = await buildFunction(bench.fn(), bench.context);
    await rm(join(bench.directory, 'index.mjs'));
    await assert.rejects(
      buffer(zipFiles(built, 'all')),
      (error) => isLamError(error) && error.code === 'LAM_BUILD_FILE_LOST',
    );
  });

  test('may be abandoned by its reader at any time', async (t) => {
    const bench = await workbench(t, { 'index.mjs': 'x'.repeat(5_000_000) });
    const stream = zipFiles(await buildFunction(bench.fn(), bench.context), 'all');
    await new Promise((resolve) => stream.once('data', resolve));
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
  });
});

describe('writeZip', () => {
  test('gives the same bytes in every time zone', async (t) => {
    const folder = await temporaryFolder(t);
    await writeTree(folder, { 'a.txt': 'hello', 'big.bin': 'x'.repeat(3_000_000), empty: '' });
    const script = `
      import { createWriteStream } from 'node:fs';
      import { writeZip } from ${JSON.stringify(new URL('../../../src/build/index.ts', import.meta.url).href)};
      const items = ['a.txt', 'big.bin', 'empty'].map((path) => ({ path, source: ${JSON.stringify(folder)} + '/' + path, executable: path === 'a.txt' }));
      await writeZip(createWriteStream(process.argv[1]), [...items, { path: 'link', target: 'a.txt' }]);`;
    const zips = await Promise.all(
      ['UTC', 'Pacific/Kiritimati', 'America/St_Johns'].map(async (zone, index) => {
        const file = join(folder, `${index}.zip`);
        await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, file], { env: { TZ: zone } });
        return readFile(file);
      }),
    );
    assert.ok(zips.every((bytes) => bytes.equals(zips[0] ?? Buffer.alloc(0))));
  });

  test('keeps modes and links', async (t) => {
    const folder = await temporaryFolder(t);
    await writeTree(folder, { run: '#!/bin/sh\n' });
    await writeZip(createWriteStream(join(folder, 'out.zip')), [
      { path: 'bin/run', source: join(folder, 'run'), executable: true },
      { path: 'link', target: 'bin/run' },
      { path: 'plain', source: join(folder, 'run'), executable: false },
    ]);
    const zip = await openPromise(join(folder, 'out.zip'));
    const modes: string[] = [];
    for await (const entry of zip.eachEntry())
      modes.push(`${entry.fileName} ${(entry.externalFileAttributes >>> 16).toString(8)}`);
    zip.close();
    assert.deepEqual(modes, ['bin/run 100755', 'link 120777', 'plain 100644']);
  });

  test('rejects with the error of the stream it writes to', async (t) => {
    const folder = await temporaryFolder(t);
    await writeTree(folder, { big: 'x'.repeat(3_000_000) });
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new RangeError('the disk is full')) });
    await assert.rejects(writeZip(full, [{ path: 'big', source: join(folder, 'big'), executable: false }]), RangeError);
  });

  test('may have more entries than 16 bits count', async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'many.zip');
    // In a process of its own, because the test runner follows each promise, and so many take it ten seconds.
    const writer = fileURLToPath(new URL('write-many-links.ts', import.meta.url));
    await promisify(execFile)(process.execPath, [writer, file, '66000']);
    const reader =
      'import sys, zipfile; all = zipfile.ZipFile(sys.argv[1]).namelist(); print(len(all), all[0], all[-1])';
    const { stdout } = await promisify(execFile)('python3', ['-c', reader, file]);
    assert.equal(stdout, '66000 f0 f65999\n');
  });

  test('does not open all files of a long list at once', async (t) => {
    const folder = await temporaryFolder(t);
    await writeTree(folder, { one: 'x' });
    const items = Array.from({ length: 3000 }, (_, index) => ({
      path: `f${String(index).padStart(4, '0')}`,
      source: join(folder, 'one'),
      executable: false,
    }));
    const out = new PassThrough();
    const [bytes] = await Promise.all([buffer(out), writeZip(out, items)]);
    assert.equal((await names(bytes, folder)).length, 3000);
  });
});
