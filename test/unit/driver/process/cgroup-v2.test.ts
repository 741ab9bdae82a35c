import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCgroupsV2, v2Mount } from '../../../../src/driver/process/cgroup-v2.ts';
import { asSandboxId } from '../../../support/ids.ts';

test('a sandbox has its limits in cgroup v2, and a small share until it is raised', () => {
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
    assert.deepEqual(cgroup.joins, [join(group, 'cgroup.procs')]);
    assert.deepEqual(read(), [String(128 * 1024 * 1024), '0', '64', '50000 100000', '25']);
    cgroup.raiseShare();
    assert.equal(read()[4], '100');
    assert.equal(readFileSync(join(mount, 'lam-home', 'cgroup.subtree_control'), 'utf8'), '+memory +pids +cpu');
  } finally {
    rmSync(mount, { recursive: true });
  }
});

test('cgroup v2 is found at its mount point', () => {
  assert.equal(v2Mount('30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'), '/sys/fs/cgroup');
  assert.equal(v2Mount('30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n'), undefined);
});
