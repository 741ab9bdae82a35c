import assert from 'node:assert/strict';
import { lstat, readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ErrorCode } from '../../../../src/errors/index.ts';
import { filesBelow, lam, testHome, zipOf, type TestHome, type ZipPart } from '../support.ts';

const LIMITS = { zipBytes: 200_000, unpackedBytes: 100_000, artifactFiles: 50 };

describe('a zip without a manifest', () => {
  let home: TestHome;
  before(async () => {
    home = await testHome({ limits: LIMITS });
  });
  after(() => home.remove());

  const take = (parts: readonly ZipPart[]): Promise<unknown> => home.artifacts.ingestZip({ bytes: zipOf(parts) });

  test('becomes an artifact with its files, folders, links and modes', async () => {
    const zip = zipOf([
      { name: 'lib/', mode: 0o040755 },
      { name: 'lib/a.js', content: 'a' },
      { name: './bin/run', content: '#!/bin/sh\n', mode: 0o100755 },
      { name: 'run', content: 'bin/run', mode: 0o120777 },
      { name: 'leer', content: '' },
      { name: 'größe.txt', content: 'ü' },
      { name: 'empty/', mode: 0o040755 },
    ]);
    const path = join(home.paths.tmp, 'in.zip');
    await writeFile(path, zip);
    const { artifact, files, size, added } = await home.artifacts.ingestZip({ path });
    assert.deepEqual({ files, size, added }, { files: 5, size: 13, added: 13 });
    const tree = await home.artifacts.ensure(artifact);
    assert.deepEqual(await filesBelow(tree), { 'lib/a.js': 'a', 'bin/run': '#!/bin/sh\n', leer: '', 'größe.txt': 'ü' });
    assert.equal(await readlink(join(tree, 'run')), 'bin/run');
    assert.equal((await stat(join(tree, 'lib/a.js'))).mode & 0o777, 0o444);
    assert.equal((await stat(join(tree, 'bin/run'))).mode & 0o777, 0o555);
    assert.equal((await lstat(join(tree, 'lib'))).mode & 0o777, 0o755);
  });

  test('gets an executable bootstrap when it was made without modes', async () => {
    const { artifact } = await home.artifacts.ingestZip({
      bytes: zipOf([
        { name: 'bootstrap', content: 'x', mode: 0 },
        { name: 'other', content: 'x', mode: 0 },
      ]),
    });
    const tree = await home.artifacts.ensure(artifact);
    assert.equal((await stat(join(tree, 'bootstrap'))).mode & 0o777, 0o555);
    assert.equal((await stat(join(tree, 'other'))).mode & 0o777, 0o444);
  });

  const refused: readonly { title: string; parts: readonly ZipPart[]; code: ErrorCode; names: string }[] = [
    {
      title: "leads above the root with '..'",
      parts: [{ name: '../evil', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: '../evil',
    },
    {
      title: "hides '..' in the middle",
      parts: [{ name: 'a/../../evil', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: 'a/../../evil',
    },
    {
      title: "hides '..' behind './'",
      parts: [{ name: './../evil', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: '../evil',
    },
    {
      title: 'has an absolute path',
      parts: [{ name: '/etc/passwd', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: '/etc/passwd',
    },
    {
      title: 'has an absolute folder',
      parts: [{ name: '/', mode: 0o040755 }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: "'/'",
    },
    {
      title: 'has a backslash',
      parts: [{ name: 'a\\b', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: 'a\\b',
    },
    {
      title: 'has a NUL character',
      parts: [{ name: 'a\0b', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: 'NUL',
    },
    {
      title: 'has a drive letter',
      parts: [{ name: 'C:evil', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: 'C:evil',
    },
    {
      title: 'has an empty name',
      parts: [{ name: '', content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: 'empty',
    },
    {
      title: 'has a name of no encoding',
      parts: [{ name: Buffer.from([0x61, 0xff]), content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: 'UTF-8',
    },
    {
      title: 'has a name part that no file system takes',
      parts: [{ name: 'n'.repeat(256), content: 'x' }],
      code: 'LAM_STORE_ZIP_UNSAFE_PATH',
      names: 'longer',
    },
    {
      title: 'has the same file twice',
      parts: [
        { name: 'a', content: '1' },
        { name: 'a', content: '2' },
      ],
      code: 'LAM_STORE_ZIP_CONFLICT',
      names: "'a'",
    },
    {
      title: 'has the same file in two spellings',
      parts: [
        { name: 'a', content: '1' },
        { name: './a', content: '2' },
      ],
      code: 'LAM_STORE_ZIP_CONFLICT',
      names: "'a'",
    },
    {
      title: 'has a file below a file',
      parts: [
        { name: 'a', content: '1' },
        { name: 'a/b', content: '2' },
      ],
      code: 'LAM_STORE_ZIP_CONFLICT',
      names: 'a/b',
    },
    {
      title: 'has a folder where a file is',
      parts: [
        { name: 'a', content: '1' },
        { name: 'a/', mode: 0o040755 },
      ],
      code: 'LAM_STORE_ZIP_CONFLICT',
      names: "'a'",
    },
    {
      title: 'has a file below a link',
      parts: [
        { name: 'l', content: 'd', mode: 0o120777 },
        { name: 'l/x', content: '2' },
      ],
      code: 'LAM_STORE_ZIP_CONFLICT',
      names: 'l/x',
    },
    {
      title: 'has a link out of the root',
      parts: [{ name: 'd/l', content: '../../x', mode: 0o120777 }],
      code: 'LAM_STORE_ZIP_UNSAFE_SYMLINK',
      names: '../../x',
    },
    {
      title: 'has an absolute link',
      parts: [{ name: 'l', content: '/etc', mode: 0o120777 }],
      code: 'LAM_STORE_ZIP_UNSAFE_SYMLINK',
      names: '/etc',
    },
    {
      title: 'has links that leave the root only together',
      parts: [
        { name: 'd/e/up', content: '../..', mode: 0o120777 },
        { name: 'out', content: 'd/e/up/../x', mode: 0o120777 },
      ],
      code: 'LAM_STORE_ZIP_UNSAFE_SYMLINK',
      names: 'out',
    },
    {
      title: 'has links in a circle',
      parts: [
        { name: 'a', content: 'b', mode: 0o120777 },
        { name: 'b', content: 'a', mode: 0o120777 },
      ],
      code: 'LAM_STORE_ZIP_UNSAFE_SYMLINK',
      names: 'circle',
    },
    {
      title: 'has a link with an endless target',
      parts: [{ name: 'l', content: 'x'.repeat(5000), mode: 0o120777 }],
      code: 'LAM_STORE_ZIP_UNSAFE_SYMLINK',
      names: "'l'",
    },
    {
      title: 'has a device file',
      parts: [{ name: 'null', content: '', mode: 0o020666 }],
      code: 'LAM_STORE_ZIP_UNSUPPORTED',
      names: 'null',
    },
    {
      title: 'is encrypted',
      parts: [{ name: 'secret', content: 'x', flags: 1, method: 8 }],
      code: 'LAM_STORE_ZIP_ENCRYPTED',
      names: 'secret',
    },
    {
      title: 'uses another compression',
      parts: [{ name: 'bz', content: 'x', method: 12 }],
      code: 'LAM_STORE_ZIP_UNSUPPORTED',
      names: 'method 12',
    },
    {
      title: 'has a wrong checksum',
      parts: [{ name: 'bad', content: 'hello', claims: { crc: 1 } }],
      code: 'LAM_STORE_ZIP_CORRUPT',
      names: 'bad',
    },
    {
      title: 'holds more than its header says',
      parts: [{ name: 'bomb', content: 'x'.repeat(90_000), claims: { size: 10 } }],
      code: 'LAM_STORE_ZIP_CORRUPT',
      names: 'bomb',
    },
    {
      title: 'holds less than its header says',
      parts: [{ name: 'thin', content: 'x', method: 8, claims: { size: 10 } }],
      code: 'LAM_STORE_ZIP_CORRUPT',
      names: 'thin',
    },
    {
      title: 'says it unpacks to too much',
      parts: [{ name: 'big', content: 'x'.repeat(100_001) }],
      code: 'LAM_STORE_ZIP_TOO_LARGE',
      names: '100000',
    },
    {
      title: 'unpacks to too much in all',
      parts: [1, 2, 3].map((n) => ({ name: `f${n}`, content: 'x'.repeat(40_000) })),
      code: 'LAM_STORE_ZIP_TOO_LARGE',
      names: '100000',
    },
    {
      title: 'has too many entries',
      parts: Array.from({ length: 51 }, (_, n) => ({ name: `f${n}`, content: 'x' })),
      code: 'LAM_STORE_ZIP_TOO_MANY_FILES',
      names: '51',
    },
    { title: 'holds no file', parts: [{ name: 'd/', mode: 0o040755 }], code: 'LAM_STORE_ZIP_EMPTY', names: '' },
  ];
  for (const { title, parts, code, names } of refused) {
    test(`is refused when it ${title}`, async () => {
      const before = await filesBelow(home.paths.objects);
      await assert.rejects(take(parts), lam(code, names));
      assert.deepEqual(await readdir(home.paths.staging), []);
      assert.deepEqual(await filesBelow(home.paths.objects), before);
    });
  }

  test('is refused when it is not a zip, empty, or too large', async () => {
    await assert.rejects(
      home.artifacts.ingestZip({ bytes: Buffer.from('hello, I am text') }),
      lam('LAM_STORE_ZIP_NOT_A_ZIP'),
    );
    await assert.rejects(home.artifacts.ingestZip({ bytes: Buffer.alloc(0) }), lam('LAM_STORE_ZIP_EMPTY'));
    await assert.rejects(
      home.artifacts.ingestZip({ bytes: Buffer.alloc(200_001) }),
      lam('LAM_STORE_ZIP_TOO_LARGE', 'the zip'),
    );
  });

  test('is refused wherever it is truncated', async () => {
    const zip = zipOf([
      { name: 'a', content: 'hello '.repeat(50) },
      { name: 'b', content: 'x'.repeat(300) },
    ]);
    for (const length of [30, 60, zip.length - 30, zip.length - 1]) {
      await assert.rejects(
        home.artifacts.ingestZip({ bytes: zip.subarray(0, length) }),
        lam('LAM_STORE_ZIP_TRUNCATED'),
        `at ${length}`,
      );
    }
    // The end is there, but bytes in the middle are gone.
    const holed = Buffer.concat([zip.subarray(0, 20), zip.subarray(50)]);
    await assert.rejects(home.artifacts.ingestZip({ bytes: holed }));
    assert.deepEqual(await readdir(home.paths.staging), []);
  });

  test('is refused when the second of two entries points at the data of the first', async () => {
    const zip = zipOf([
      { name: 'first.js', content: 'x' },
      { name: 'again.js', content: 'x' },
    ]);
    const central = zip.lastIndexOf('PK\x01\x02');
    zip.writeUInt32LE(0, central + 42);
    await refusedOverlap(zip);
  });

  test('is refused when the extra field of one entry reaches over the next', async () => {
    // Sizes and offsets of the central directory do not show this overlap.
    const zip = zipOf([
      { name: 'first.js', content: 'x' },
      { name: 'again.js', content: 'x' },
    ]);
    zip.writeUInt16LE(4, 28);
    await refusedOverlap(zip);
  });

  async function refusedOverlap(zip: Buffer): Promise<void> {
    const before = await filesBelow(home.paths.objects);
    await assert.rejects(home.artifacts.ingestZip({ bytes: zip }), lam('LAM_STORE_ZIP_OVERLAP', 'first.js'));
    assert.deepEqual(await readdir(home.paths.staging), []);
    assert.deepEqual(await filesBelow(home.paths.objects), before);
  }

  test('may unpack to exactly the limit', async () => {
    const parts = Array.from({ length: 4 }, (_, n) => ({ name: `f${n}`, content: 'y'.repeat(25_000) }));
    const { size } = await home.artifacts.ingestZip({ bytes: zipOf(parts) });
    assert.equal(size, LIMITS.unpackedBytes);
  });
});
