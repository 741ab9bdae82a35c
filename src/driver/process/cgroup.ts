/** What a sandbox may use. */
export interface CgroupLimits {
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly pids: number;
}

/** `small`: a quarter of the usual, for what nobody waits for. */
export type CgroupShare = 'usual' | 'small';

/** Which limits the kernel keeps here. */
export interface CgroupControllers {
  readonly memory: boolean;
  readonly pids: boolean;
  readonly cpu: boolean;
}

/** The control group of one sandbox. */
export interface Cgroup {
  /** Files to which a process writes its `0` to join. */
  readonly joins: readonly string[];
  /** The most memory used so far, bytes; 0 where the kernel does not say. */
  peakBytes(): number;
  /** Whether the kernel ended a process of it for want of memory. */
  outOfMemory(): boolean;
  /** Gives it the usual share of the processor, where it was made with a small one. */
  raiseShare(): void;
  /** Ends all processes in it and takes it away. */
  remove(): Promise<void>;
}

/** The control groups of one home, below `lam-<home id>`. */
export interface CgroupTree {
  readonly controllers: CgroupControllers;
  /** `share`: of the processor, against its siblings, while there is not enough of it. Throws what the file system throws. */
  create(id: string, limits: CgroupLimits, share: CgroupShare): Cgroup;
  /** Ends and removes what is below it; resolves with the number of processes ended. */
  reclaim(): Promise<number>;
  /** Takes the tree itself away, if it is empty. */
  close(): Promise<void>;
}
