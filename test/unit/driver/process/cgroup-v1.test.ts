import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { openCgroupsV1, v1Mounts } from '../../../../src/driver/process/cgroup-v1.ts';
import { asSandboxId } from '../../../support/ids.ts';

const LIMITS = { memoryMiB: 128, cpus: 0.5, pids: 64 };

/** Folders where controllers would be mounted, by their names. */
async function mountsOf(
  names: readonly string[],
): Promise<{ root: string; mounts: ReturnType<typeof v1Mounts> } & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), 'lam-cgroups-'));
  for (const name of names) mkdirSync(join(root, name));
  const mountinfo = names
    .map((name, i) => `${i} 1 0:${i} / ${join(root, name)} rw - cgroup cgroup rw,${name}`)
    .join('\n');
  return { root, mounts: v1Mounts(mountinfo), [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

test('each sandbox has its own CPU group beside the tree, not in it', async () => {
  await using at = await mountsOf(['memory', 'pids', 'cpu,cpuacct']);
  const tree = openCgroupsV1(at.mounts, 'lam-home');
  const joins = await tree?.create(asSandboxId('one'), LIMITS, 'usual').admit(1, undefined);
  assert.deepEqual(
    joins?.map((path) => path.slice(at.root.length)),
    ['/memory/lam-home/one/tasks', '/pids/lam-home/one/tasks', '/cpu,cpuacct/lam-home.one/tasks'],
  );
  const read = (path: string): string => readFileSync(join(at.root, path), 'utf8');
  assert.equal(read('memory/lam-home/one/memory.limit_in_bytes'), String(128 * 1024 * 1024));
  assert.equal(read('pids/lam-home/one/pids.max'), '64');
  assert.equal(read('cpu,cpuacct/lam-home.one/cpu.cfs_quota_us'), '50000');
});

test('where the root of a hierarchy is not writable, the group of this process is divided', async () => {
  await using at = await mountsOf(['memory', 'pids']);
  // A file in place of the folder refuses everybody, root too.
  writeFileSync(join(at.root, 'memory/lam-home'), '', { mode: 0o444 });
  mkdirSync(join(at.root, 'memory/user/session'), { recursive: true });
  const own = new Map([['memory', '/user/session']]);
  const joins = await openCgroupsV1(at.mounts, 'lam-home', own)
    ?.create(asSandboxId('one'), LIMITS, 'usual')
    .admit(1, undefined);
  assert.deepEqual(
    joins?.map((path) => path.slice(at.root.length)),
    ['/memory/user/session/lam-home/one/tasks', '/pids/lam-home/one/tasks'],
  );
});

test('cpu and memory mounted together share one group', async () => {
  await using at = await mountsOf(['memory,cpu']);
  const joins = await openCgroupsV1(at.mounts, 'lam-home')
    ?.create(asSandboxId('one'), LIMITS, 'usual')
    .admit(1, undefined);
  assert.deepEqual(joins, [join(at.root, 'memory,cpu/lam-home/one/tasks')]);
});

test('a small share is a quarter of the usual one until it is raised', async () => {
  await using at = await mountsOf(['cpu']);
  const tree = openCgroupsV1(at.mounts, 'lam-home');
  const shares = (id: string): string => join(at.root, `cpu/lam-home.${id}/cpu.shares`);
  const small = tree?.create(asSandboxId('small'), LIMITS, 'small');
  assert.equal(readFileSync(shares('small'), 'utf8'), '256');
  small?.raiseShare();
  assert.equal(readFileSync(shares('small'), 'utf8'), '1024');
  tree?.create(asSandboxId('usual'), LIMITS, 'usual').raiseShare();
  assert.ok(!existsSync(shares('usual')));
});
