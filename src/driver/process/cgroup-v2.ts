import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cgroup, CgroupLimits, CgroupShare, CgroupTree } from './cgroup.ts';
import { membersOf, readControl, readCount, removeGroups } from './cgroup-files.ts';

const PERIOD_US = 100_000;
/** Values of `cpu.weight`; `usual` is the kernel's default. */
const WEIGHTS: Readonly<Record<CgroupShare, string>> = { usual: '100', small: '25' };

/** Finds the mount point of cgroup v2 in the text of `/proc/self/mountinfo` (proc(5)). Pure. */
export function v2Mount(mountinfo: string): string | undefined {
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    if (after?.startsWith('cgroup2 ') === true) return before?.split(' ')[4];
  }
  return undefined;
}

/** Opens the tree of one home in cgroup v2; undefined when it cannot be created or no controller is available. */
export function openCgroupsV2(mount: string, name: string): CgroupTree | undefined {
  const root = join(mount, name);
  const wanted = ['memory', 'pids', 'cpu'].filter((controller) =>
    readControl(join(mount, 'cgroup.controllers')).split(/\s+/).includes(controller),
  );
  if (wanted.length === 0) return undefined;
  try {
    mkdirSync(root, { recursive: true });
    const enable = wanted.map((controller) => `+${controller}`).join(' ');
    writeFileSync(join(mount, 'cgroup.subtree_control'), enable);
    writeFileSync(join(root, 'cgroup.subtree_control'), enable);
  } catch {
    // Not permitted, or the group has processes of its own: becomes a gap of the driver.
    if (existsSync(root)) rmdirSync(root);
    return undefined;
  }
  return {
    controllers: { memory: wanted.includes('memory'), pids: wanted.includes('pids'), cpu: wanted.includes('cpu') },
    create: (id, limits, share) => create(join(root, id), limits, share),
    async reclaim() {
      const below = await readdir(root, { withFileTypes: true }).catch(() => []);
      return removeGroups(below.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name)));
    },
    async close() {
      await removeGroups([root]);
    },
  };
}

function create(group: string, limits: CgroupLimits, share: CgroupShare): Cgroup {
  mkdirSync(group, { recursive: true });
  const set = (file: string, value: string): void => {
    const path = join(group, file);
    if (existsSync(path)) writeFileSync(path, value);
  };
  set('memory.max', String(limits.memoryMiB * 1024 * 1024));
  set('memory.swap.max', '0');
  set('pids.max', String(limits.pids));
  set('cpu.max', `${Math.max(1000, Math.round(limits.cpus * PERIOD_US))} ${PERIOD_US}`);
  if (share !== 'usual') set('cpu.weight', WEIGHTS[share]);
  return {
    async admit(pid, user) {
      const members = join(group, 'cgroup.procs');
      if (user === undefined) return [members];
      // Only who may write to a common ancestor moves a process from one group to another.
      await writeFile(members, String(pid));
      return [];
    },
    limitsMemory: existsSync(join(group, 'memory.max')),
    members: () => membersOf(group),
    peakBytes: () => Number(readControl(join(group, 'memory.peak'))),
    outOfMemory: () => (readCount(join(group, 'memory.events'), 'oom_kill') ?? 0) > 0,
    raiseShare: () => {
      if (share !== 'usual') set('cpu.weight', WEIGHTS.usual);
    },
    async remove() {
      await removeGroups([group]);
    },
  };
}
