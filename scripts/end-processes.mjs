// Ends the processes that inherited a variable. Plain JavaScript for Node 20.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Time to end after SIGTERM, and again after SIGKILL (ms). */
const GRACE_MS = 10_000;

/** Ends all processes of this user that have the variable, with SIGTERM and then SIGKILL; resolves with how many. */
export async function endProcesses({ name, value }) {
  const found = new Set();
  const start = performance.now();
  for (let left = marked(name, value); left.length > 0; left = marked(name, value)) {
    const late = performance.now() - start > GRACE_MS;
    if (performance.now() - start > 2 * GRACE_MS) throw new Error(`processes do not end: ${left.join(', ')}`);
    for (const pid of left) {
      if (late) signal(pid, 'SIGKILL');
      else if (!found.has(pid)) signal(pid, 'SIGTERM');
      found.add(pid);
    }
    await sleep(50);
  }
  return found.size;
}

/** Ids of the processes that have the variable; none where the system does not show environments. */
function marked(name, value) {
  let all;
  try {
    all = readdirSync('/proc');
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return all
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && has(pid, `${name}=${value}`))
    .map(Number);
}

function has(pid, entry) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(entry);
  } catch (error) {
    // It ended, or belongs to another user.
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return false;
    throw error;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
