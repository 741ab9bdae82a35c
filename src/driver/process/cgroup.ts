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
  /**
   * Lets the waiting process `pid` join, whose user is `user` if that is not lam's. Returns the files to which it must
   * write `0` before it starts anything; none if it has joined.
   */
  admit(pid: number, user: number | undefined): Promise<readonly string[]>;
  /** Whether the kernel keeps its memory within the limit. */
  readonly limitsMemory: boolean;
  /** Ids of its processes. */
  members(): readonly number[];
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
