import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { delegatedIn, groupsOf } from '../../../../src/driver/process/open-cgroups.ts';
import { openCgroupsV2, v2Mount } from '../../../../src/driver/process/cgroup-v2.ts';
import { asSandboxId } from '../../../support/ids.ts';

test('a sandbox has its limits in cgroup v2, and a small share until it is raised', async () => {
  const mount = mkdtempSync(join(tmpdir(), 'lam-cgroup2-'));
  try {
    writeFileSync(join(mount, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
    const group = join(mount, 'lam-home', 'one');
    mkdirSync(group, { recursive: true });
    // The kernel creates these files in each group; only existing ones are written.
    const names = ['memory.max', 'memory.swap.max', 'pids.max', 'cpu.max', 'cpu.weight'];
    for (const name of names) writeFileSync(join(group, name), '');
    const read = (): readonly string[] => names.map((name) => readFileSync(join(group, name), 'utf8'));
    const tree = openCgroupsV2(mount, 'lam-home');
    assert.deepEqual(tree?.controllers, { memory: true, pids: true, cpu: true });
    const cgroup = tree.create(asSandboxId('one'), { memoryMiB: 128, cpus: 0.5, pids: 64 }, 'small');
    assert.deepEqual(await cgroup.admit(7, undefined), [join(group, 'cgroup.procs')]);
    // A process of another user may not move itself, so that lam moves it.
    assert.deepEqual(await cgroup.admit(7, 1000), []);
    assert.equal(readFileSync(join(group, 'cgroup.procs'), 'utf8'), '7');
    assert.deepEqual(read(), [String(128 * 1024 * 1024), '0', '64', '50000 100000', '25']);
    cgroup.raiseShare();
    assert.equal(read()[4], '100');
    assert.equal(readFileSync(join(mount, 'lam-home', 'cgroup.subtree_control'), 'utf8'), '+memory +pids +cpu');
  } finally {
    rmSync(mount, { recursive: true });
  }
});

test('ordinary users divide the group around them that was delegated', async () => {
  const mount = mkdtempSync(join(tmpdir(), 'lam-cgroup2-'));
  try {
    assert.deepEqual(
      [...groupsOf('4:memory:/a/b\n2:cpu,cpuacct:/\n0::/user.slice/user-1000.slice/app.slice/x.scope\n')],
      [
        ['memory', '/a/b'],
        ['cpu', '/'],
        ['cpuacct', '/'],
        ['', '/user.slice/user-1000.slice/app.slice/x.scope'],
      ],
    );
    // The kernel makes these files in each group; those of groups that are not delegated are not writable.
    const app = join(mount, 'user.slice/app.slice');
    mkdirSync(join(app, 'x.scope'), { recursive: true });
    for (const name of ['cgroup.procs', 'cgroup.subtree_control']) writeFileSync(join(app, name), '');
    writeFileSync(join(app, 'cgroup.controllers'), 'memory pids\n');
    const found = delegatedIn(mount, '/user.slice/app.slice/x.scope');
    assert.deepEqual(found, [app]);
    mkdirSync(join(app, 'lam-home'));
    assert.deepEqual(openCgroupsV2(app, 'lam-home')?.controllers, { memory: true, pids: true, cpu: false });
  } finally {
    rmSync(mount, { recursive: true });
  }
});

test('cgroup v2 is found at its mount point', () => {
  assert.equal(v2Mount('30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'), '/sys/fs/cgroup');
  assert.equal(v2Mount('30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n'), undefined);
});
