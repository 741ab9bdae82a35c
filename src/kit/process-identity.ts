import { readFileSync } from 'node:fs';

/** Identifies a process for all time; a pid alone may be reused. */
export interface ProcessIdentity {
  readonly pid: number;
  /** On Linux the boot id and the start time in clock ticks since boot; elsewhere empty. */
  readonly start: string;
}

/** Returns the identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid) ?? '' };
}

/** Whether that process still runs. Outside Linux, any process with its pid counts. */
export function isAlive(who: ProcessIdentity): boolean {
  try {
    process.kill(who.pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  if (process.platform !== 'linux') return true;
  const start = startOf(who.pid);
  return start !== undefined && start === who.start;
}

/** Returns the `start` of an identity; undefined for a process that has ended or is a zombie. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return '';
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the program's name in parentheses, may contain spaces: fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return fields[0] === 'Z' ? undefined : `${boot}:${fields[19] ?? ''}`;
  } catch {
    // No such process.
    return undefined;
  }
}
