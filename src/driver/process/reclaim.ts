import { readdir, readFile } from 'node:fs/promises';
import { sleep } from '../../kit/index.ts';
import { isMarkOf, markIn } from './marks.ts';
import type { IdRange } from './sandbox-users.ts';

/** Environment variable that marks a sandbox's processes for reclaim. */
export const OWNER_VARIABLE = 'LAM_OWNER';

/** Retries and delay (ms) while killed processes disappear. */
const GONE_TRIES = 100;
const GONE_WAIT_MS = 10;

/** Identifies the processes of a home. */
export interface Ownership {
  readonly homeId: string;
  /** Parent of the sandboxes' folders; each process has its `HOME` below it. */
  readonly folder: string;
  /** Ids of the users of its sandboxes, where they have some. */
  readonly users: IdRange | undefined;
}

/** What {@link endOwnedProcesses} did. */
export interface EndedProcesses {
  readonly processes: number;
  /** Users of processes that are still there. */
  readonly surviving: readonly number[];
}

interface Owned {
  readonly pid: number;
  readonly user: number;
}

/**
 * Kills the processes of a home, with their process groups: those whose user is one of its users for sandboxes, those with a mark, those
 * started with `LAM_OWNER=<homeId>`, and descendants that kept a `HOME` below `folder`. Resolves when they are gone.
 * Reads `/proc`, where a program can change neither its user nor its initial environment; without it finds none.
 */
export async function endOwnedProcesses(ownership: Ownership): Promise<EndedProcesses> {
  const owned = await ownedProcesses(ownership);
  let left = owned;
  for (let attempt = 0; attempt < GONE_TRIES && left.length > 0; attempt += 1) {
    for (const { pid } of left) end(pid);
    await sleep(attempt === 0 ? 1 : GONE_WAIT_MS);
    left = await ownedProcesses(ownership);
  }
  return { processes: owned.length, surviving: left.map(({ user }) => user) };
}

function end(pid: number): void {
  // A negative pid addresses a process group; not every process leads one.
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Already gone, or not a group leader.
    }
  }
}

async function ownedProcesses({ homeId, folder, users }: Ownership): Promise<readonly Owned[]> {
  const marks = [`${OWNER_VARIABLE}=${homeId}\0`, `HOME=${folder}/`].map((mark) => Buffer.from(mark));
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const owned = await Promise.all(
    pids.map(async (pid) => {
      // Unreadable: owned by another user, or just ended.
      const [status, environment, limits] = await Promise.all([
        readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''),
        readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0)),
        readFile(`/proc/${pid}/limits`, 'latin1').catch(() => ''),
      ]);
      const user = Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? -1);
      const isUser = users !== undefined && user >= users.first && user < users.first + users.count;
      // What is left of an ended process until its parent asks needs no end; this daemon's own are no leftovers.
      if (/^State:\tZ/m.test(status) || status.includes(`\nPPid:\t${process.pid}\n`)) return undefined;
      const isOwned =
        isUser || isMarkOf(homeId, markIn(limits)) || marks.some((mark) => holdsVariable(environment, mark));
      return isOwned ? { pid: Number(pid), user } : undefined;
    }),
  );
  return owned.filter((process) => process !== undefined);
}

/** Whether a variable in `environment` (as in `/proc/<pid>/environ`) begins with `mark`. Pure. */
function holdsVariable(environment: Buffer, mark: Buffer): boolean {
  for (let at = environment.indexOf(mark); at !== -1; at = environment.indexOf(mark, at + 1)) {
    if (at === 0 || environment[at - 1] === 0) return true;
  }
  return false;
}
