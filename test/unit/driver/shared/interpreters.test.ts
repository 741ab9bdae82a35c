import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Interpreters, type FoundInterpreter } from '../../../../src/driver/shared/interpreters.ts';
import { parseRuntime, requireRuntime } from '../../../../src/runtimes/index.ts';

/** The interpreter of the runtime `identifier`. */
function find(interpreters: Interpreters, identifier: string): Promise<FoundInterpreter> {
  const runtime = parseRuntime(identifier);
  assert.ok(runtime?.descriptor.entry.kind === 'interpreter');
  return interpreters.find(runtime.descriptor.entry.interpreter, runtime.version);
}

/** An executable that answers as an interpreter of this version would. */
const answering = (version: string): string => `#!/bin/sh\necho "$0"\necho ${version}\n`;

describe('finding an interpreter', () => {
  test('names the program missing on PATH, and looks again next time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-path-'));
    try {
      const interpreters = new Interpreters(['node'], `/nonexistent::${folder}`);
      const missing = {
        code: 'LAM_DRIVER_RUNTIME_MISSING',
        details: { runtime: 'python3.12', wants: 'Python 3.8 or newer', debian: 'python3' },
      };
      await assert.rejects(find(interpreters, 'python3.12'), missing);
      await writeFile(join(folder, 'python3.12'), answering('3.7.1'), { mode: 0o755 });
      await assert.rejects(find(interpreters, 'python3.12'), missing);
      await writeFile(join(folder, 'python3'), answering('3.11.4'), { mode: 0o755 });
      const { command, notice } = await find(interpreters, 'python3.12');
      assert.equal(command[0], join(folder, 'python3'));
      assert.match(notice ?? '', /^python3\.12 is configured, but Python 3\.11\.4 runs it/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('prefers the version that is asked for, also in a folder of installations', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-path-'));
    try {
      const settings = (version: string): string => `#!/bin/sh
[ "$*" = '-XshowSettings:properties -version' ] || exit 1
home=$(dirname "$(dirname "$0")")
printf '    java.home = %s\\n    java.version = ${version}\\n' "$home" >&2
`;
      const { descriptor } = requireRuntime('java');
      assert.ok(descriptor.entry.kind === 'interpreter' && descriptor.entry.interpreter.kind === 'on-path');
      const java = { ...descriptor.entry.interpreter, installations: [join(folder, 'jvm')] };
      for (const [home, version] of Object.entries({ own: '17.0.15', 'jvm/java-21': '21.0.2', 'jvm/old': '1.8.0' })) {
        await mkdir(join(folder, home, 'bin'), { recursive: true });
        await writeFile(join(folder, home, 'bin/java'), settings(version), { mode: 0o755 });
      }
      const interpreters = new Interpreters(['node'], join(folder, 'own/bin'));
      const at = async (version?: string): Promise<readonly [string | undefined, string | null]> => {
        const { command, notice } = await interpreters.find(java, version);
        return [command[0], notice];
      };
      assert.deepEqual(await at(), [join(folder, 'own/bin/java'), null]);
      assert.deepEqual(await at('21'), [join(folder, 'jvm/java-21/bin/java'), null]);
      assert.deepEqual(await at('11'), [
        join(folder, 'own/bin/java'),
        'java 11 is configured, but Java 17.0.15 runs it: java 11 is not on PATH',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('resolves links to the real Python', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-path-'));
    try {
      const direct = await find(new Interpreters(['node']), 'python3');
      await symlink(direct.command[0] ?? '', join(folder, 'python3'));
      const { command } = await find(new Interpreters(['node'], folder), 'python3');
      assert.equal(command[0], direct.command[0]);
      assert.equal(command[0], await realpath(command[0] ?? ''));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('runs Node code on lam\u2019s Node, with a notice where another version is configured', async () => {
    const interpreters = new Interpreters(['node'], '');
    assert.deepEqual(await find(interpreters, 'nodejs'), {
      command: ['node'],
      version: process.versions.node,
      notice: null,
      folders: [],
    });
    assert.match((await find(interpreters, 'nodejs18.x')).notice ?? '', /^nodejs18\.x is configured/);
  });
});
