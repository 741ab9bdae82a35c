import { readFileSync } from 'node:fs';

const MIB = 1024 * 1024;

/** Where the kernel keeps a container's peak, by cgroup version and by who names the groups (cgroupfs or systemd). */
const PLACES: readonly ((id: string) => string)[] = [
  (id) => `/sys/fs/cgroup/memory/docker/${id}/memory.max_usage_in_bytes`,
  (id) => `/sys/fs/cgroup/memory/system.slice/docker-${id}.scope/memory.max_usage_in_bytes`,
  (id) => `/sys/fs/cgroup/system.slice/docker-${id}.scope/memory.peak`,
  (id) => `/sys/fs/cgroup/docker/${id}/memory.peak`,
];

/** Reads the peak memory of one container, as long as it lives. */
export class PeakMemory {
  readonly #containerId: string;
  #path: string | undefined;
  #searched = false;
  #last = 0;

  constructor(containerId: string) {
    this.#containerId = containerId;
  }

  /** MiB, rounded up; what was read last once the container is gone; 0 where the kernel's file is not to be found. */
  read(): number {
    if (this.#path !== undefined) this.#last = readMiB(this.#path) ?? this.#last;
    else if (!this.#searched) this.#search();
    return this.#last;
  }

  #search(): void {
    this.#searched = true;
    for (const place of PLACES) {
      const path = place(this.#containerId);
      const found = readMiB(path);
      if (found === undefined) continue;
      this.#path = path;
      this.#last = found;
      return;
    }
  }
}

function readMiB(path: string): number | undefined {
  try {
    return Math.ceil(Number(readFileSync(path, 'utf8')) / MIB);
  } catch {
    // Not this layout, or the container has just ended.
    return undefined;
  }
}
