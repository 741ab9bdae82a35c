import { readdir, readFile } from 'node:fs/promises';
import { sleep } from '../../kit/index.ts';

/** The variable by which a sandbox's processes are known as ours, for as long as they live. */
export const OWNER_VARIABLE = 'LAM_OWNER';

/** How long to wait for killed processes to be gone. */
const GONE_TRIES = 100;
const GONE_WAIT_MS = 10;

/**
 * Ends all processes that were started with `LAM_OWNER=<homeId>`, with their process groups, and resolves with their
 * number once they are gone. The kernel keeps the environment a program was started with, whatever it makes of it.
 * Without `/proc` none is found.
 */
export async function endOwnedProcesses(homeId: string): Promise<number> {
  const owned = await ownedProcesses(homeId);
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
    if ((await ownedProcesses(homeId)).length === 0) break;
    await sleep(GONE_WAIT_MS);
  }
  return owned.length;
}

async function ownedProcesses(homeId: string): Promise<readonly number[]> {
  const mark = Buffer.from(`${OWNER_VARIABLE}=${homeId}\0`);
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const owned = await Promise.all(
    pids.map(async (pid) => {
      // Others' processes, and those that just ended, can't be read.
      const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
      if (environment === undefined) return undefined;
      const at = environment.indexOf(mark);
      return at === 0 || (at > 0 && environment[at - 1] === 0) ? Number(pid) : undefined;
    }),
  );
  return owned.filter((pid) => pid !== undefined);
}
