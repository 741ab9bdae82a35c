import { readdir, readFile } from 'node:fs/promises';
import { sleep } from '../../kit/index.ts';

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
}

/**
 * Kills all processes started with `LAM_OWNER=<homeId>`, and descendants that kept a `HOME` below `folder`, with their
 * process groups; resolves with their number when they are gone. Reads the initial environment in `/proc`, which a
 * program cannot change; without `/proc` finds none.
 */
export async function endOwnedProcesses(ownership: Ownership): Promise<number> {
  const owned = await ownedProcesses(ownership);
  for (const pid of owned) {
    // A negative pid addresses a process group; not every process leads one.
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL');
      } catch {
        // Already gone, or not a group leader.
      }
    }
  }
  for (let attempt = 0; attempt < GONE_TRIES && owned.length > 0; attempt += 1) {
    if ((await ownedProcesses(ownership)).length === 0) break;
    await sleep(GONE_WAIT_MS);
  }
  return owned.length;
}

async function ownedProcesses({ homeId, folder }: Ownership): Promise<readonly number[]> {
  const marks = [`${OWNER_VARIABLE}=${homeId}\0`, `HOME=${folder}/`].map((mark) => Buffer.from(mark));
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const owned = await Promise.all(
    pids.map(async (pid) => {
      // Unreadable: owned by another user, or just ended.
      const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
      if (environment === undefined) return undefined;
      return marks.some((mark) => holdsVariable(environment, mark)) ? Number(pid) : undefined;
    }),
  );
  return owned.filter((pid) => pid !== undefined);
}

/** Whether a variable in `environment` (as in `/proc/<pid>/environ`) begins with `mark`. Pure. */
function holdsVariable(environment: Buffer, mark: Buffer): boolean {
  for (let at = environment.indexOf(mark); at !== -1; at = environment.indexOf(mark, at + 1)) {
    if (at === 0 || environment[at - 1] === 0) return true;
  }
  return false;
}
