import { readdir, readFile } from 'node:fs/promises';
import { sleep } from '../../kit/index.ts';

/** The variable by which a sandbox's processes are known as ours, for as long as they live. */
export const OWNER_VARIABLE = 'LAM_OWNER';

/** How long to wait for killed processes to be gone. */
const GONE_TRIES = 100;
const GONE_WAIT_MS = 10;

/** By what the processes of a home are known. */
export interface Ownership {
  readonly homeId: string;
  /** Where sandboxes have their folders, one of which each has as its `HOME`. */
  readonly folder: string;
}

/**
 * Ends all processes that were started with `LAM_OWNER=<homeId>`, and those that functions started, which have their
 * `HOME` in the home's folder of sandboxes, all with their process groups; resolves with their number once they are
 * gone. The kernel keeps the environment a program was started with, whatever it makes of it. Without `/proc` none is
 * found.
 */
export async function endOwnedProcesses(ownership: Ownership): Promise<number> {
  const owned = await ownedProcesses(ownership);
  for (const pid of owned) {
    // A negative pid is a process group; not every process leads one.
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL');
      } catch {
        // Gone, or no group leader.
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
      // Others' processes, and those that just ended, can't be read.
      const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
      if (environment === undefined) return undefined;
      return marks.some((mark) => holdsVariable(environment, mark)) ? Number(pid) : undefined;
    }),
  );
  return owned.filter((pid) => pid !== undefined);
}

/** Whether a variable begins with `mark` in the text of `/proc/<pid>/environ`. Pure. */
function holdsVariable(environment: Buffer, mark: Buffer): boolean {
  for (let at = environment.indexOf(mark); at !== -1; at = environment.indexOf(mark, at + 1)) {
    if (at === 0 || environment[at - 1] === 0) return true;
  }
  return false;
}
