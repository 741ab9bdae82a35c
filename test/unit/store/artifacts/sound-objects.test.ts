import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { RememberedFiles, soundFiles, Verified } from '../../../../src/store/artifacts/sound-objects.ts';
import { sha256 } from '../support.ts';

/** Longer ago than any file system's clock jumps (ms). */
const LONG_MS = 10_000;
const CONTENT = Buffer.from('content');
const EXPECTED = [['file', { digest: sha256(CONTENT), executable: false, size: CONTENT.length }]] as const;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lam-sound-'));
  path = join(folder, 'file');
  writeFileSync(path, CONTENT);
  chmodSync(path, 0o444);
});
afterEach(() => rmSync(folder, { recursive: true }));

const stat = (): ReturnType<typeof bigStat> => bigStat(path);
function bigStat(file: string) {
  return lstatSync(file, { bigint: true });
}

describe('files whose content was compared', () => {
  test('are remembered beyond an upload, until their status changes', async () => {
    const remembered = new RememberedFiles();
    const now = Date.now() + LONG_MS;
    assert.deepEqual(await soundFiles(folder, EXPECTED, new Verified(remembered), now), new Set(['file']));
    assert.ok(new Verified(remembered).has(path, stat()));
    const { atime, mtime } = statSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, 'CONTENT');
    chmodSync(path, 0o444);
    utimesSync(path, atime, mtime);
    assert.ok(!new Verified(remembered).has(path, stat()));
    assert.deepEqual(await soundFiles(folder, EXPECTED, new Verified(remembered), now), new Set());
  });

  test('are not when they changed so shortly before that another change could have the same time', async () => {
    const remembered = new RememberedFiles();
    const verified = new Verified(remembered);
    const now = Number(stat().ctimeMs) + 1000;
    assert.deepEqual(await soundFiles(folder, EXPECTED, verified, now), new Set(['file']));
    assert.ok(verified.has(path, stat()), 'for this upload');
    assert.ok(!new Verified(remembered).has(path, stat()), 'for others');
  });

  test('are remembered up to a number, the latest ones', () => {
    const remembered = new RememberedFiles();
    for (let i = 0; i <= 50_000; i++) remembered.add(`/${i}`, 'status');
    assert.deepEqual(
      ['/0', '/1', '/50000'].map((each) => remembered.has(each, 'status')),
      [false, true, true],
    );
  });
});
