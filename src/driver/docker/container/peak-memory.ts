import { existsSync, readFileSync } from 'node:fs';

const MIB = 1024 * 1024;

/** Files with a container's peak memory, by cgroup version and cgroup driver (cgroupfs or systemd). */
const PLACES: readonly ((id: string) => string)[] = [
  (id) => `/sys/fs/cgroup/memory/docker/${id}/memory.max_usage_in_bytes`,
  (id) => `/sys/fs/cgroup/memory/system.slice/docker-${id}.scope/memory.max_usage_in_bytes`,
  (id) => `/sys/fs/cgroup/system.slice/docker-${id}.scope/memory.peak`,
  (id) => `/sys/fs/cgroup/docker/${id}/memory.peak`,
];

/** Reads the peak memory of one container. Construct it while the container runs: the kernel's file is located then. */
export class PeakMemory {
  readonly #path: string | undefined;
  #last = 0;

  constructor(containerId: string) {
    this.#path = PLACES.map((place) => place(containerId)).find((path) => existsSync(path));
  }

  /** Peak in MiB, rounded up; the last value read once the container is gone; 0 without the kernel's file. */
  read(): number {
    if (this.#path !== undefined) this.#last = readMiB(this.#path) ?? this.#last;
    return this.#last;
  }
}

function readMiB(path: string): number | undefined {
  try {
    return Math.ceil(Number(readFileSync(path, 'utf8')) / MIB);
  } catch {
    // The container ended in the meantime.
    return undefined;
  }
}
