import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { readControl } from './cgroup-files.ts';
import { openCgroupsV1, v1Mounts } from './cgroup-v1.ts';
import { openCgroupsV2, v2Mount } from './cgroup-v2.ts';
import type { CgroupTree } from './cgroup.ts';

/**
 * Opens the cgroups of a home, `lam-<homeId>`, in v2 or v1, whichever is writable: below the root of a hierarchy, or, for
 * ordinary users, below a group that was delegated to them and that this process is in. Undefined when there is none.
 */
export function openCgroups(homeId: string): CgroupTree | undefined {
  if (process.platform !== 'linux') return undefined;
  const mountinfo = readControl('/proc/self/mountinfo');
  const own = groupsOf(readControl('/proc/self/cgroup'));
  const name = `lam-${homeId}`;
  const mount = v2Mount(mountinfo);
  for (const folder of mount === undefined ? [] : delegatedIn(mount, own.get('') ?? '/')) {
    const tree = openCgroupsV2(folder, name);
    if (tree !== undefined) return tree;
  }
  return openCgroupsV1(v1Mounts(mountinfo), name, own);
}

/** Returns the groups in the text of `/proc/self/cgroup`, by controller; that of v2 has an empty name. Pure. */
export function groupsOf(text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path !== undefined) for (const controller of (controllers ?? '').split(',')) groups.set(controller, path);
  }
  return groups;
}

/**
 * Returns the groups of a v2 hierarchy that may hold those of a home, best first: its root, else groups around this
 * process that lam may change. Only within such a group can it move processes.
 */
export function delegatedIn(mount: string, own: string): readonly string[] {
  const around: string[] = [];
  for (let at = own; at !== '/'; at = dirname(at)) around.push(join(mount, at));
  return [mount, ...around].filter((folder) => {
    try {
      for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control']) accessSync(join(folder, file), constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}
