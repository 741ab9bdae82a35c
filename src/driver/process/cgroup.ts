import type { SandboxId } from '../../contract/index.ts';
/** Limits of one sandbox. */
export interface CgroupLimits {
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly pids: number;
}

/** CPU weight; `small` is a quarter of `usual`, for stems. */
export type CgroupShare = 'usual' | 'small';

/** Which limits the kernel enforces here. */
export interface CgroupControllers {
  readonly memory: boolean;
  readonly pids: boolean;
  readonly cpu: boolean;
}

/** The control group of one sandbox. */
export interface Cgroup {
  /** cgroup files that a process joins by writing `0`. */
  readonly joins: readonly string[];
  /** Peak memory (bytes); 0 where the kernel does not report it. */
  peakBytes(): number;
  /** Whether the kernel's OOM killer ended one of its processes. */
  outOfMemory(): boolean;
  /** Raises a `small` share to `usual`. */
  raiseShare(): void;
  /** Kills its processes and removes it. */
  remove(): Promise<void>;
}

/** The control groups of one home, below `lam-<home id>`. */
export interface CgroupTree {
  readonly controllers: CgroupControllers;
  /** `share`: CPU weight against its siblings. Throws the file system's error. */
  create(id: SandboxId, limits: CgroupLimits, share: CgroupShare): Cgroup;
  /** Kills and removes everything below it; resolves with the number of processes killed. */
  reclaim(): Promise<number>;
  /** Removes the tree. */
  close(): Promise<void>;
}
