import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { writeFileAtomic } from '../../../../src/store/disk/atomic-file.ts';

describe('writing a file atomically', () => {
  test('replaces the whole file, or leaves it unchanged without a temporary file', async (t) => {
    const base = await mkdtemp(join(tmpdir(), 'lam-atomic-'));
    t.after(() => rm(base, { recursive: true, force: true }));
    await writeFileAtomic(join(base, 'a'), 'one');
    await writeFileAtomic(join(base, 'a'), Buffer.from('two'));
    assert.equal(await readFile(join(base, 'a'), 'utf8'), 'two');
    await mkdir(join(base, 'd', 'x'), { recursive: true });
    await assert.rejects(writeFileAtomic(join(base, 'd'), 'no'));
    assert.deepEqual((await readdir(base)).toSorted(), ['a', 'd']);
  });
});
