import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ifCode } from '../../support/if-code.ts';
import { ifThere, listing, listingIfThere } from '../../support/listing.ts';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lam-helpers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Keeps 32 folders, removing the oldest and making a new one until it is terminated, so that walks meet removals. */
const CHURN = `
const { mkdirSync, rmSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
for (let n = 0; ; n += 1) {
  mkdirSync(workerData + '/comes-and-goes-' + (n % 64) + '/below', { recursive: true });
  if (n >= 32) rmSync(workerData + '/comes-and-goes-' + ((n - 32) % 64), { recursive: true });
  if (n === 64) parentPort.postMessage('going');
}`;

describe('a listing of a folder', () => {
  test('names what is below it, in order, and follows no links', (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'b/c'), { recursive: true });
    writeFileSync(join(folder, 'b/file'), '');
    symlinkSync('..', join(folder, 'a-link'));
    assert.deepEqual(listing(folder), ['a-link', 'b', 'b/c', 'b/file']);
  });

  test('contains all that stays while other entries come and go', async (t) => {
    const folder = temporaryFolder(t);
    const stays = ['stays', 'stays/file'];
    mkdirSync(join(folder, 'stays'));
    writeFileSync(join(folder, 'stays/file'), '');
    const worker = new Worker(CHURN, { eval: true, workerData: folder });
    await once(worker, 'message');
    try {
      for (let n = 0; n < 1000; n += 1) {
        const found = listing(folder);
        const stayed = found.filter((name) => name.startsWith('stays'));
        assert.deepEqual(stayed, stays, `in walk ${n}`);
      }
    } finally {
      await worker.terminate();
    }
  });

  test('fails if the folder does not exist, unless that is expected', (t) => {
    const folder = temporaryFolder(t);
    const absent = join(folder, 'absent');
    assert.throws(() => listing(absent), { code: 'ENOENT' });
    assert.deepEqual(listingIfThere(absent), []);
    writeFileSync(join(folder, 'file'), '');
    assert.throws(() => listingIfThere(join(folder, 'file')), { code: 'ENOTDIR' });
  });
});

test('a helper that expects one error throws every other', () => {
  const fails = (code?: string) => () => {
    throw Object.assign(new Error('failed'), { code });
  };
  assert.equal(ifThere(fails('ENOENT')), undefined);
  assert.throws(() => ifThere(fails('EACCES')), { code: 'EACCES' });
  assert.throws(() => ifThere(fails()), /failed/);
  assert.equal(ifCode(['ESRCH'], 'gone')(Object.assign(new Error('failed'), { code: 'ESRCH' })), 'gone');
  assert.throws(() => ifCode(['ESRCH'], 'gone')(new TypeError('a mistake')), /a mistake/);
});
