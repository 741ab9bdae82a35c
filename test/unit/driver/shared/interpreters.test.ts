import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Interpreters } from '../../../../src/driver/shared/interpreters.ts';
import { parseRuntime, type Runtime } from '../../../../src/runtimes/index.ts';

function runtime(identifier: string): Runtime {
  const found = parseRuntime(identifier);
  assert.ok(found !== undefined);
  return found;
}

/** An executable that answers as an interpreter of this version would. */
const answering = (version: string): string => `#!/bin/sh\necho "$0"\necho ${version}\n`;

describe('looking for an interpreter', () => {
  test('says what is wanted where none is on PATH, and looks again next time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-path-'));
    try {
      const interpreters = new Interpreters(['node'], '/boot.py', `/nonexistent::${folder}`);
      const missing = {
        code: 'LAM_DRIVER_RUNTIME_MISSING',
        details: { runtime: 'python3.12', wants: 'Python 3.8 or newer' },
      };
      await assert.rejects(interpreters.find(runtime('python3.12')), missing);
      await writeFile(join(folder, 'python3.12'), answering('3.7.1'), { mode: 0o755 });
      await assert.rejects(interpreters.find(runtime('python3.12')), missing);
      await writeFile(join(folder, 'python3'), answering('3.11.4'), { mode: 0o755 });
      const { command, notice } = await interpreters.find(runtime('python3.12'));
      assert.equal(command[0], join(folder, 'python3'));
      assert.match(notice ?? '', /^python3\.12 was asked for, and Python 3\.11\.4 runs it/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('takes a Python for what it really is, whatever links to it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-path-'));
    try {
      const direct = await new Interpreters(['node'], '/boot.py').find(runtime('python3'));
      await symlink(direct.command[0] ?? '', join(folder, 'python3'));
      const { command } = await new Interpreters(['node'], '/boot.py', folder).find(runtime('python3'));
      assert.equal(command[0], direct.command[0]);
      assert.equal(command[0], await realpath(command[0] ?? ''));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('runs Node code on the Node of lam, and says so where another was asked for', async () => {
    const interpreters = new Interpreters(['node', 'boot.cjs'], '/boot.py', '');
    assert.deepEqual(await interpreters.find(runtime('nodejs')), { command: ['node', 'boot.cjs'], notice: null });
    assert.match((await interpreters.find(runtime('nodejs18.x'))).notice ?? '', /^nodejs18\.x was asked for/);
  });
});
