import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { digestOf } from '../../../src/contract/index.ts';
import { systemClock } from '../../../src/kit/index.ts';
import { layout, prepareHome } from '../../../src/store/disk/layout.ts';
import { openStore } from '../../../src/store/index.ts';
import { lam } from './support.ts';

describe('opening a home', () => {
  test('removes what a dead daemon left unfinished, and counts it', async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'lam-open-'));
    t.after(() => rm(home, { recursive: true, force: true }));
    const paths = layout(home);
    prepareHome(paths);
    await mkdir(join(paths.staging, 'half', 'tree'), { recursive: true });
    await writeFile(join(paths.tmp, 'x.zip'), '');
    await writeFile(`${paths.catalogue}.abc.tmp`, '');
    await writeFile(paths.lock, JSON.stringify({ pid: 0x7ffffff0, start: '', token: 'ab' }));
    const digest = digestOf(createHash('sha256'));
    const store = await openStore(home, { clock: systemClock });
    assert.equal(store.reclaimed, 4);
    // As a daemon leaves it that is killed while it copies an archive.
    await writeFile(store.artifacts.startupArchive(digest, 'x').draft, '');
    await assert.rejects(openStore(home, { clock: systemClock }), lam('LAM_STORE_LOCKED'));
    await store.close();
    const again = await openStore(home, { clock: systemClock });
    assert.equal(again.reclaimed, 1);
    await again.close();
  });

  test('releases the lock when the catalogue cannot be read', async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'lam-open-'));
    t.after(() => rm(home, { recursive: true, force: true }));
    prepareHome(layout(home));
    await writeFile(layout(home).catalogue, 'garbage');
    for (let i = 0; i < 2; i++) await assert.rejects(openStore(home, { clock: systemClock }), lam('LAM_STORE_CORRUPT'));
  });
});
