import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { filesBelow, lam, manifestOf, openCatalogue, testHome, uploadOf } from './support.ts';
import { asVersion } from '../../support/ids.ts';

/** A mounted file system of 2 MiB, or the reason why it could not be mounted. */
function smallDisk(): { readonly folder: string } | { readonly skip: string } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { skip: 'mounting a small file system takes root on Linux' };
  const folder = mkdtempSync(join(tmpdir(), 'lam-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'pipe' });
    return { folder };
  } catch (error) {
    rmSync(folder, { recursive: true });
    return { skip: `mount failed: ${String(error)}` };
  }
}

const disk = smallDisk();

describe('on a full disk', { skip: 'skip' in disk && disk.skip }, () => {
  const folder = 'folder' in disk ? disk.folder : '';
  after(() => {
    if (folder === '') return;
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  test('an upload fails cleanly, earlier artifacts stay, and the next one works once there is room', async () => {
    const { paths, artifacts } = await testHome({ home: join(folder, 'home') });
    const small = { 'index.js': 'small' };
    const first = await artifacts.ingest(manifestOf(small), { bytes: uploadOf(small) });
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    const big = { 'index.js': 'small', 'a.bin': randomBytes(500_000), 'b.bin': randomBytes(700_000) };
    await assert.rejects(
      artifacts.ingest(manifestOf(big), { bytes: uploadOf(big) }),
      lam('LAM_STORE_DISK_FULL', folder),
    );
    assert.deepEqual(readdirSync(paths.staging), []);
    assert.deepEqual(await filesBelow(await artifacts.ensure(first.artifact)), small);
    assert.deepEqual([...artifacts.digests], [first.artifact]);
    await rm(ballast);
    const second = await artifacts.ingest(manifestOf(big), { bytes: uploadOf(big) });
    assert.equal(second.added, 1_200_000);
    assert.equal(readdirSync(join(await artifacts.ensure(second.artifact))).length, 3);
  });

  test('the catalogue stays as it was, in memory and in the file', async () => {
    const catalogue = await openCatalogue(join(folder, 'catalogue.json'));
    await catalogue.change((draft) => (draft.retired['f'] = asVersion(1)));
    const ballast = join(folder, 'ballast');
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024)), { code: 'ENOSPC' });
    await assert.rejects(
      catalogue.change((draft) => (draft.retired['x'.repeat(50_000)] = asVersion(2))),
      lam('LAM_STORE_DISK_FULL', 'catalogue.json'),
    );
    assert.deepEqual(catalogue.view.retired, { f: 1 });
    await rm(ballast);
    assert.deepEqual((await openCatalogue(join(folder, 'catalogue.json'))).view.retired, { f: 1 });
    await catalogue.change((draft) => (draft.retired['g'] = asVersion(2)));
    assert.deepEqual((await openCatalogue(join(folder, 'catalogue.json'))).view.retired, { f: 1, g: 2 });
  });
});
