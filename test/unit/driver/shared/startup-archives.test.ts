import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { ArchivePaths, ArtifactSource, SandboxSpec } from '../../../../src/driver/sandbox.ts';
import { archiveUse, keepArchive, planArchive } from '../../../../src/driver/shared/startup-archives.ts';
import { newSandboxId } from '../../../../src/contract/index.ts';
import { specFor } from '../../../../src/pool/environment.ts';
import { revision } from '../../../support/revisions.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lam-archives-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function source(folder: string): ArtifactSource {
  return {
    folder,
    ensure: () => Promise.resolve(folder),
    startupArchive: (artifact, name) => ({
      file: join(folder, `${artifact.slice(0, 4)}-${name}`),
      draft: join(folder, 'draft'),
    }),
  };
}

function spec(functionName: string, runtime = 'java', environment: Readonly<Record<string, string>> = {}): SandboxSpec {
  const of = { sandboxId: newSandboxId(), now: new Date(0), isOnDemand: true };
  return specFor({ ...revision(functionName, 1, { runtime, environment }), artifact: revision('a', 1).artifact }, of);
}

describe('the archive of a function', () => {
  test('is lacking until one exists, and then used', (t) => {
    const artifacts = source(folderOf(t));
    const plan = planArchive(artifacts, spec('a'), ['process', 'java 17']);
    assert.equal(plan?.does, 'lacking');
    assert.equal(archiveUse(plan, '/x'), null);
    writeFileSync(plan?.file ?? '', 'x');
    assert.deepEqual(planArchive(artifacts, spec('a'), ['process', 'java 17']), { ...plan, does: 'use' });
    const recording = planArchive(artifacts, { ...spec('a'), recordsArchive: true }, ['process', 'java 17']);
    assert.deepEqual(archiveUse(recording, '/x'), { does: 'record', file: '/x' });
  });

  test('is another one for each function, driver and interpreter, although the code is the same', (t) => {
    const artifacts = source(folderOf(t));
    const files = [
      planArchive(artifacts, spec('a'), ['process', 'java 17']),
      planArchive(artifacts, spec('b'), ['process', 'java 17']),
      planArchive(artifacts, spec('a'), ['docker', 'java 17']),
      planArchive(artifacts, spec('a'), ['process', 'java 21']),
    ].map((plan) => plan?.file);
    assert.equal(new Set(files).size, 4);
  });

  test('is none for other runtimes, stems, and functions that set the sharing of classes themselves', (t) => {
    const artifacts = source(folderOf(t));
    for (const without of [
      spec('a', 'python3'),
      spec('a', 'provided'),
      { ...spec('a'), artifact: null, functionName: '' as const },
      spec('a', 'java', { JAVA_TOOL_OPTIONS: '-Xmx64m -Xshare:auto' }),
    ])
      assert.equal(planArchive(artifacts, without, ['process', 'x']), undefined, without.runtime.family);
    assert.equal(planArchive({ ...artifacts, startupArchive: undefined } as never, spec('a'), []), undefined);
  });
});

const pathsIn = (folder: string): ArchivePaths => ({ file: join(folder, 'to'), draft: join(folder, 'draft') });

describe('keeping what a sandbox wrote', () => {
  test('copies a file, read-only, in one step', async (t) => {
    const folder = folderOf(t);
    const bytes = Buffer.alloc(3 * 1024 * 1024 + 7, 'archive');
    writeFileSync(join(folder, 'from'), bytes);
    assert.equal(await keepArchive(join(folder, 'from'), pathsIn(folder)), true);
    assert.ok(readFileSync(join(folder, 'to')).equals(bytes));
    assert.equal(statSync(join(folder, 'to')).mode & 0o777, 0o444);
    assert.deepEqual(readdirSync(folder).toSorted(), ['from', 'to']);
  });

  test('takes no link of either kind, pipe, folder, empty or missing file, and leaves nothing', async (t) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, 'secret'), 'secret');
    symlinkSync('secret', join(folder, 'link'));
    linkSync(join(folder, 'secret'), join(folder, 'second'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    writeFileSync(join(folder, 'empty'), '');
    const before = readdirSync(folder);
    for (const from of ['link', 'second', 'pipe', '.', 'empty', 'missing'])
      assert.equal(await keepArchive(join(folder, from), pathsIn(folder)), false, from);
    assert.deepEqual(readdirSync(folder), before);
  });

  test('takes no file that ends before its size says so, and leaves nothing', async (t) => {
    // The kernel gives such files a page.
    const file = '/sys/kernel/mm/transparent_hugepage/enabled';
    if (!existsSync(file) || statSync(file).size < 1000) return t.skip('no file ends early here');
    const folder = folderOf(t);
    assert.equal(await keepArchive(file, pathsIn(folder)), false);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('on a full disk keeps none, leaves nothing, and succeeds once there is room', async (t) => {
    const folder = folderOf(t);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'lam-test', disk]).status !== 0)
      return t.skip('a small file system cannot be mounted here');
    try {
      writeFileSync(join(folder, 'from'), Buffer.alloc(1.5 * 1024 * 1024, 'archive'));
      writeFileSync(join(disk, 'filler'), Buffer.alloc(1024 * 1024));
      assert.equal(await keepArchive(join(folder, 'from'), pathsIn(disk)), false);
      assert.deepEqual(readdirSync(disk), ['filler']);
      rmSync(join(disk, 'filler'));
      assert.equal(await keepArchive(join(folder, 'from'), pathsIn(disk)), true);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
