import { existsSync, readFileSync } from 'node:fs';

const MIB = 1024 * 1024;

/** Where the kernel keeps a container's peak, by cgroup version and by who names the groups (cgroupfs or systemd). */
const PLACES: readonly ((id: string) => string)[] = [
  (id) => `/sys/fs/cgroup/memory/docker/${id}/memory.max_usage_in_bytes`,
  (id) => `/sys/fs/cgroup/memory/system.slice/docker-${id}.scope/memory.max_usage_in_bytes`,
  (id) => `/sys/fs/cgroup/system.slice/docker-${id}.scope/memory.peak`,
  (id) => `/sys/fs/cgroup/docker/${id}/memory.peak`,
];

/** The peak memory of one container, as long as it lives. To be made while it lives: the kernel's file is found then. */
export class PeakMemory {
  readonly #path: string | undefined;
  #last = 0;

  constructor(containerId: string) {
    this.#path = PLACES.map((place) => place(containerId)).find((path) => existsSync(path));
  }

  /** MiB, rounded up; what was read last once the container is gone; 0 where the kernel's file is not to be found. */
  read(): number {
    if (this.#path !== undefined) this.#last = readMiB(this.#path) ?? this.#last;
    return this.#last;
  }
}

function readMiB(path: string): number | undefined {
  try {
    return Math.ceil(Number(readFileSync(path, 'utf8')) / MIB);
  } catch {
    // The container has just ended.
    return undefined;
  }
}
