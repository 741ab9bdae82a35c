import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeZip } from '../../../../src/store/intake/zip-writer.ts';
import { testHome } from '../support.ts';

describe('a zip that is written', () => {
  const files = [
    { path: 'bootstrap', content: Buffer.from('#!/bin/sh\n'), mode: 0o100755 },
    { path: 'données/é.txt', content: Buffer.alloc(100_000, 'x'), mode: 0o100644 },
    { path: 'link', content: Buffer.from('bootstrap'), mode: 0o120777, isStored: true },
  ];

  test('is read as the files that it was made of', async () => {
    const home = await testHome();
    try {
      const { artifact, size } = await home.artifacts.ingestZip({ bytes: await writeZip(files) });
      assert.equal(size, 10 + 100_000);
      const { entries } = await home.artifacts.manifest(artifact);
      assert.deepEqual(
        entries.map((entry) => [entry.path, entry.kind === 'file' ? entry.executable : entry.target]),
        [
          ['bootstrap', true],
          ['données/é.txt', false],
          ['link', 'bootstrap'],
        ],
      );
    } finally {
      await home.remove();
    }
  });

  test('is the same for the same files, and compressed', async () => {
    const zip = await writeZip(files);
    assert.deepEqual(zip, await writeZip(files));
    assert.ok(zip.length < 2000);
  });
});
