import { readFileSync } from 'node:fs';
import { sleep } from '../kit/clock.ts';

const STEP_MS = 10;

/**
 * Waits until no process has this pid; resolves to false when `limitMs` pass first. Polls, because the system has no
 * event for the end of a process that is not a child.
 */
export async function processGone(pid: number, limitMs: number): Promise<boolean> {
  for (const until = performance.now() + limitMs; performance.now() < until; await sleep(STEP_MS)) {
    if (!isRunning(pid)) return true;
  }
  return !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    // A zombie has ended.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    // No /proc on this system, or the process ended just now, which the next poll shows.
    return true;
  }
}
