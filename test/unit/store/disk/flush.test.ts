import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { flushFiles, flushFolders } from '../../../../src/store/disk/flush.ts';

const RUN = fileURLToPath(new URL('flush-run.ts', import.meta.url));
const SKIP = process.platform === 'linux' ? false : 'the file system is flushed as a whole on Linux only';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lam-flush-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs a flush with a `sync` of its own on the PATH, which notes its arguments; null for none. */
function flush(t: TestContext, what: 'files' | 'folders', syncCode: number | null): { ok: boolean; calls: string } {
  const path = folder(t);
  const calls = join(path, 'calls');
  if (syncCode !== null)
    writeFileSync(join(path, 'sync'), `#!/bin/sh\necho "$@" >>'${calls}'\nexit ${syncCode}\n`, { mode: 0o755 });
  const { status } = spawnSync(process.execPath, [RUN, what, path], { env: { PATH: path }, stdio: 'ignore' });
  return { ok: status === 0, calls: existsSync(calls) ? readFileSync(calls, 'utf8').replaceAll(path, 'FOLDER') : '' };
}

describe('a flush', { skip: SKIP }, () => {
  for (const what of ['files', 'folders'] as const) {
    test(`of many ${what} flushes the file system once, and none by itself`, (t) => {
      assert.deepEqual(flush(t, what, 0), { ok: true, calls: '-f FOLDER\n' });
    });
    test(`of many ${what} flushes each where the file system cannot be flushed`, (t) => {
      // They are missing, so that a flush of each fails.
      assert.deepEqual(flush(t, what, 1), { ok: false, calls: '-f FOLDER\n' });
      assert.deepEqual(flush(t, what, null), { ok: false, calls: '' });
    });
  }

  test('of few flushes each', async (t) => {
    const path = folder(t);
    const file = join(path, 'file');
    writeFileSync(file, 'x', { mode: 0o444 });
    await flushFiles([file], path);
    await flushFolders([path]);
    await assert.rejects(flushFiles([file, `${file}-missing`], path), { code: 'ENOENT' });
    await assert.rejects(flushFolders([path, `${path}-missing`]), { code: 'ENOENT' });
  });
});
