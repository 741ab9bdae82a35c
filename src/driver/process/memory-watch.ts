import { readdirSync } from 'node:fs';
import type { Clock } from '../../kit/index.ts';
import { readControl } from './cgroup-files.ts';
import { markIn } from './marks.ts';
import { heldTogether } from './process-memory.ts';

/** Sampling interval of memory where no cgroup limits it (ms). */
const SAMPLE_MS = 250;

/** By what the processes of a sandbox are known. */
export interface WatchedProcesses {
  /** The first one, which leads a process group. */
  readonly pid: number;
  /** A user that only they have. */
  readonly user: number | undefined;
  /** Their mark, see `Marks`. */
  readonly mark: number | undefined;
}

interface Watched extends WatchedProcesses {
  readonly limitBytes: number;
  readonly onPassed: () => void;
  peakBytes: number;
}

/** A process of this machine; what identifies it does not change while it lives. */
interface Seen {
  readonly startedAt: string;
  readonly user: number;
  readonly mark: number | undefined;
}

/** Handle of one watched sandbox. */
export interface Watch {
  /** Most memory seen so far (bytes). */
  peakBytes(): number;
  stop(): void;
}

/**
 * Enforces memory limits where no cgroup does: samples four times a second what the processes of each sandbox hold.
 * Growth between two samples is not caught.
 */
export class MemoryWatch {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #seen = new Map<number, Seen>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `onPassed` once when the processes hold more than `limitBytes`. */
  watch(processes: WatchedProcesses, limitBytes: number, onPassed: () => void): Watch {
    const watched: Watched = { ...processes, limitBytes, onPassed, peakBytes: 0 };
    this.#watched.add(watched);
    this.#cancel ??= this.#clock.every(SAMPLE_MS, () => this.#sample());
    return {
      peakBytes: () => watched.peakBytes,
      stop: () => {
        this.#watched.delete(watched);
        if (this.#watched.size === 0) {
          this.#cancel?.();
          this.#cancel = undefined;
        }
      },
    };
  }

  #sample(): void {
    for (const [watched, pids] of this.#members()) {
      const bytes = heldTogether(pids);
      watched.peakBytes = Math.max(watched.peakBytes, bytes);
      if (bytes > watched.limitBytes) {
        this.#watched.delete(watched);
        watched.onPassed();
      }
    }
  }

  /** The processes of each watched sandbox. */
  #members(): ReadonlyMap<Watched, readonly number[]> {
    const byUser = new Map([...this.#watched].map((watched) => [watched.user, watched]));
    const byMark = new Map([...this.#watched].map((watched) => [watched.mark, watched]));
    const byGroup = new Map([...this.#watched].map((watched) => [watched.pid, watched]));
    const members = new Map<Watched, number[]>();
    const seen = new Map<number, Seen>();
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const pid = Number(name);
      const { group, startedAt } = statOf(readControl(`/proc/${pid}/stat`));
      if (startedAt === undefined) continue;
      const known = this.#seen.get(pid);
      const facts = known?.startedAt === startedAt ? known : factsOf(pid, startedAt);
      seen.set(pid, facts);
      const watched =
        byUser.get(facts.user) ?? (facts.mark === undefined ? undefined : byMark.get(facts.mark)) ?? byGroup.get(group);
      if (watched !== undefined) members.set(watched, [...(members.get(watched) ?? []), pid]);
    }
    this.#seen = seen;
    return members;
  }
}

function factsOf(pid: number, startedAt: string): Seen {
  const user = Number(/^Uid:\t(\d+)/m.exec(readControl(`/proc/${pid}/status`))?.[1] ?? -1);
  return { startedAt, user, mark: markIn(readControl(`/proc/${pid}/limits`)) };
}

/** Parses `/proc/<pid>/stat`, whose second field may contain anything in parentheses. Pure. */
function statOf(stat: string): { readonly group: number; readonly startedAt: string | undefined } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { group: Number(fields[2]), startedAt: fields[19] };
}
