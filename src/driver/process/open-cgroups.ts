import { readControl } from './cgroup-files.ts';
import { openCgroupsV1, v1Mounts } from './cgroup-v1.ts';
import { openCgroupsV2, v2Mount } from './cgroup-v2.ts';
import type { CgroupTree } from './cgroup.ts';

/** Opens the cgroups of a home, `lam-<homeId>`, in v2 or v1, whichever is writable; undefined when neither is. */
export function openCgroups(homeId: string): CgroupTree | undefined {
  if (process.platform !== 'linux') return undefined;
  const mountinfo = readControl('/proc/self/mountinfo');
  const name = `lam-${homeId}`;
  const v2 = v2Mount(mountinfo);
  return (v2 === undefined ? undefined : openCgroupsV2(v2, name)) ?? openCgroupsV1(v1Mounts(mountinfo), name);
}
