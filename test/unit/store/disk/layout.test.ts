import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { layout, prepareHome } from '../../../../src/store/disk/layout.ts';
import { lam } from '../support.ts';

describe('preparing a home', () => {
  test('makes the home and its run folder for the owner alone', async (t) => {
    const base = await mkdtemp(join(tmpdir(), 'lam-home-'));
    t.after(() => rm(base, { recursive: true, force: true }));
    const paths = layout(join(base, 'new', 'home'));
    prepareHome(paths);
    prepareHome(paths);
    for (const folder of [paths.home, paths.run, paths.state]) assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  test('names the file that blocks the path', async (t) => {
    const base = await mkdtemp(join(tmpdir(), 'lam-home-'));
    t.after(() => rm(base, { recursive: true, force: true }));
    await writeFile(join(base, 'file'), '');
    assert.throws(
      () => prepareHome(layout(join(base, 'file', 'home'))),
      lam('LAM_STORE_NOT_WRITABLE', join(base, 'file')),
    );
  });
});
