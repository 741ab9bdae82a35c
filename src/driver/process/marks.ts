import { readdir, readFile } from 'node:fs/promises';
import { sleep } from '../../kit/index.ts';

/**
 * Marks begin here (KiB). As a limit of resident memory they are more than any machine has, and Linux has ignored that
 * limit since 2.4.30; so it can carry a number that all descendants of a process inherit, whatever they do to their
 * environment, session and parents. Only a program that lowers this very limit loses it.
 */
const FIRST = 2 ** 50;
/** Marks of one home. */
const COUNT = 2 ** 24;
const HOMES = 2 ** 24;
/** Rounds of ending marked processes, and the pause between them (ms). */
const END_ROUNDS = 100;
const END_WAIT_MS = 5;

/** Numbers by which the processes of sandboxes are known that have neither a user nor a control group of their own. */
export class Marks {
  readonly #first: number;
  #last = Math.floor(Math.random() * COUNT);

  constructor(homeId: string) {
    this.#first = firstOf(homeId);
  }

  /** Returns the mark of a new sandbox, for `ulimit -m` (KiB). */
  next(): number {
    this.#last = (this.#last + 1) % COUNT;
    return this.#first + this.#last;
  }
}

/** Whether a mark is one of this home. Pure. */
export function isMarkOf(homeId: string, mark: number | undefined): boolean {
  const first = firstOf(homeId);
  return mark !== undefined && mark >= first && mark < first + COUNT;
}

function firstOf(homeId: string): number {
  return FIRST + (Number.parseInt(homeId.slice(0, 12), 16) % HOMES) * COUNT;
}

/** Returns the mark in the text of `/proc/<pid>/limits`; undefined without one. Pure. */
export function markIn(limits: string): number | undefined {
  const bytes = /^Max resident set +\d+ +(\d+) /m.exec(limits)?.[1];
  const mark = Number(bytes ?? 0) / 1024;
  return mark >= FIRST ? mark : undefined;
}

/** Kills all processes with this mark, until there are none. */
export async function endMarked(mark: number): Promise<void> {
  for (let round = 0; round < END_ROUNDS; round += 1) {
    const marked = await markedProcesses(mark);
    if (marked.length === 0) return;
    for (const pid of marked) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended in the meantime.
      }
    }
    await sleep(END_WAIT_MS);
  }
}

async function markedProcesses(mark: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Unreadable: of another user, or just ended. What waits for its parent to ask has no limits any more.
      const limits = await readFile(`/proc/${pid}/limits`, 'latin1').catch(() => '');
      return markIn(limits) === mark && (await isRunning(pid)) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')));
}
