import { readdirSync } from 'node:fs';
import type { Clock } from '../../kit/index.ts';
import { readControl } from './cgroup-files.ts';

/** How often memory is looked at where no control group limits it, milliseconds. */
const SAMPLE_MS = 250;
/** Linux counts resident memory in pages of this size on all machines that lam runs on. */
const PAGE_BYTES = 4096;

interface WatchedGroup {
  readonly limitBytes: number;
  readonly onPassed: () => void;
  peakBytes: number;
}

/** One process group under watch. */
export interface Watch {
  /** The most resident memory seen so far, bytes. */
  peakBytes(): number;
  stop(): void;
}

/**
 * Ends what uses more memory than it may, where the kernel does not: looks at the resident memory of all watched
 * process groups four times a second, for as long as there are any. Something that grows faster is seen too late.
 */
export class MemoryWatch {
  readonly #clock: Clock;
  readonly #groups = new Map<number, WatchedGroup>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `onPassed` is called once when the group led by `pid` is seen above `limitBytes`. */
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

/** The process group in the text of `/proc/<pid>/stat`, whose second field may hold anything in parentheses. Pure. */
function groupOf(stat: string): number | undefined {
  const group = /\) \S \d+ (\d+) /.exec(stat.slice(stat.lastIndexOf(')')))?.[1];
  return group === undefined ? undefined : Number(group);
}
