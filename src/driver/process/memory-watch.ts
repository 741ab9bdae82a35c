import { readdirSync } from 'node:fs';
import type { Clock } from '../../kit/index.ts';
import { readControl } from './cgroup-files.ts';

/** Sampling interval of memory where no cgroup limits it (ms). */
const SAMPLE_MS = 250;
/** Page size of `/proc/<pid>/statm` (bytes). */
const PAGE_BYTES = 4096;

interface WatchedGroup {
  readonly limitBytes: number;
  readonly onPassed: () => void;
  peakBytes: number;
}

/** Handle of one watched process group. */
export interface Watch {
  /** Peak resident memory seen so far (bytes). */
  peakBytes(): number;
  stop(): void;
}

/**
 * Enforces memory limits where no cgroup does: samples the resident memory of watched process groups four times a
 * second. Growth between two samples is not caught.
 */
export class MemoryWatch {
  readonly #clock: Clock;
  readonly #groups = new Map<number, WatchedGroup>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `onPassed` once when the group led by `pid` exceeds `limitBytes`. */
  watch(pid: number, limitBytes: number, onPassed: () => void): Watch {
    const watched: WatchedGroup = { limitBytes, onPassed, peakBytes: 0 };
    this.#groups.set(pid, watched);
    this.#cancel ??= this.#clock.every(SAMPLE_MS, () => this.#sample());
    return {
      peakBytes: () => watched.peakBytes,
      stop: () => {
        this.#groups.delete(pid);
        if (this.#groups.size === 0) {
          this.#cancel?.();
          this.#cancel = undefined;
        }
      },
    };
  }

  #sample(): void {
    const used = new Map<number, number>();
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const group = groupOf(readControl(`/proc/${pid}/stat`));
      if (group === undefined || !this.#groups.has(group)) continue;
      const pages = Number(readControl(`/proc/${pid}/statm`).split(' ')[1] ?? 0);
      used.set(group, (used.get(group) ?? 0) + pages * PAGE_BYTES);
    }
    for (const [group, bytes] of used) {
      const watched = this.#groups.get(group);
      if (watched === undefined) continue;
      watched.peakBytes = Math.max(watched.peakBytes, bytes);
      if (bytes > watched.limitBytes) {
        this.#groups.delete(group);
        watched.onPassed();
      }
    }
  }
}

/** Parses the process group from `/proc/<pid>/stat`, whose second field may contain anything in parentheses. Pure. */
function groupOf(stat: string): number | undefined {
  const group = /\) \S \d+ (\d+) /.exec(stat.slice(stat.lastIndexOf(')')))?.[1];
  return group === undefined ? undefined : Number(group);
}
