import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { chown, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cgroup, CgroupLimits, CgroupShare, CgroupTree } from './cgroup.ts';
import { membersOf, readControl, readCount, removeGroups } from './cgroup-files.ts';

const PERIOD_US = 100_000;
/** Values of `cpu.shares`; `usual` is the kernel's default. */
const SHARES: Readonly<Record<CgroupShare, string>> = { usual: '1024', small: '256' };
const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;
type Controller = (typeof CONTROLLERS)[number];

/** Finds the mount points of cgroup v1 controllers in the text of `/proc/self/mountinfo` (proc(5)). Pure. */
export function v1Mounts(mountinfo: string): ReadonlyMap<Controller, string> {
  const found = new Map<Controller, string>();
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const path = before?.split(' ')[4];
    const [type, , options] = after?.split(' ') ?? [];
    if (type !== 'cgroup' || path === undefined || options === undefined) continue;
    for (const controller of CONTROLLERS)
      if (options.split(',').includes(controller) && !found.has(controller)) found.set(controller, path);
  }
  return found;
}

/**
 * Opens the tree of one home in cgroup v1, with the writable controllers; undefined when there are none. `own`: the
 * groups of this process by controller, used where the root of a hierarchy is not writable.
 */
export function openCgroupsV1(
  mounts: ReadonlyMap<Controller, string>,
  name: string,
  own: ReadonlyMap<string, string> = new Map(),
): CgroupTree | undefined {
  const roots = new Map<Controller, string>();
  for (const [controller, mount] of mounts) {
    const root = [mount, join(mount, own.get(controller) ?? '/')].map((at) => join(at, name)).find(isMade);
    if (root !== undefined) roots.set(controller, root);
  }
  if (roots.size === 0) return undefined;
  const folders = [...new Set(roots.values())];
  const groupIn = (root: string, id: string): string => (isFlat(roots, root) ? `${root}.${id}` : join(root, id));
  return {
    controllers: { memory: roots.has('memory'), pids: roots.has('pids'), cpu: roots.has('cpu') },
    create(id, limits, share) {
      const groups = new Map([...roots].map(([controller, root]) => [controller, groupIn(root, id)]));
      return create(groups, limits, share);
    },
    async reclaim() {
      let killed = 0;
      for (const root of folders) {
        killed += await removeGroups(await groupsOf(root));
      }
      return killed;
    },
    async close() {
      await removeGroups(folders);
    },
  };
}

/** Makes a group; false where that is not permitted, or read-only as in most containers: a gap of the driver. */
function isMade(root: string): boolean {
  try {
    if (!existsSync(root)) mkdirSync(root);
    accessSync(root, constants.W_OK);
    return statSync(root).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Whether groups of sandboxes are created beside `root` instead of below it. Siblings below one group share that
 * group's CPU weight, which is that of one process; other controllers do not divide by siblings.
 */
function isFlat(roots: ReadonlyMap<Controller, string>, root: string): boolean {
  return [...roots].every(([controller, at]) => (controller === 'cpu') === (at === root));
}

/** The groups of sandboxes that belong to `root`, below or beside it. */
async function groupsOf(root: string): Promise<readonly string[]> {
  const foldersIn = async (folder: string): Promise<readonly string[]> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  };
  const [inside, beside] = await Promise.all([foldersIn(root), foldersIn(dirname(root))]);
  return [...inside, ...beside.filter((folder) => folder.startsWith(`${root}.`))];
}

/** `at`: the group by controller; controllers may share one. */
function create(at: ReadonlyMap<Controller, string>, limits: CgroupLimits, share: CgroupShare): Cgroup {
  const groups = [...new Set(at.values())];
  for (const group of groups) mkdirSync(group, { recursive: true });
  const [memory, pids, cpu] = [at.get('memory'), at.get('pids'), at.get('cpu')];
  if (memory !== undefined) limitMemory(memory, limits.memoryMiB);
  if (pids !== undefined) writeFileSync(join(pids, 'pids.max'), String(limits.pids));
  if (cpu !== undefined) {
    writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(Math.max(1000, Math.round(limits.cpus * PERIOD_US))));
    if (share !== 'usual') writeFileSync(join(cpu, 'cpu.shares'), SHARES[share]);
  }
  return {
    // Joins by thread (`tasks`) and by itself: moving a process, or another one, waits for an RCU grace period, 5 to 15
    // ms. The shell that joins has one thread. A sandbox that may write there can move its own threads there, no others.
    async admit(_pid, user) {
      const tasks = groups.map((group) => join(group, 'tasks'));
      if (user !== undefined) await Promise.all(tasks.map((file) => chown(file, user, user)));
      return tasks;
    },
    limitsMemory: memory !== undefined,
    members: () => membersOf(groups[0] ?? ''),
    peakBytes: () => (memory === undefined ? 0 : Number(readControl(join(memory, 'memory.max_usage_in_bytes')))),
    outOfMemory: () => memory !== undefined && ranOut(memory),
    raiseShare: () => {
      if (cpu !== undefined && share !== 'usual') writeFileSync(join(cpu, 'cpu.shares'), SHARES.usual);
    },
    async remove() {
      await removeGroups(groups);
    },
  };
}

function limitMemory(group: string, memoryMiB: number): void {
  const bytes = String(memoryMiB * 1024 * 1024);
  writeFileSync(join(group, 'memory.limit_in_bytes'), bytes);
  // Absent without swap accounting; then only the memory limit applies.
  const withSwap = join(group, 'memory.memsw.limit_in_bytes');
  if (existsSync(withSwap)) writeFileSync(withSwap, bytes);
}

/** Kernels before 4.13 do not count kills; there a limit that was hit counts as one. */
function ranOut(group: string): boolean {
  const kills = readCount(join(group, 'memory.oom_control'), 'oom_kill');
  return kills === undefined ? Number(readControl(join(group, 'memory.failcnt'))) > 0 : kills > 0;
}
