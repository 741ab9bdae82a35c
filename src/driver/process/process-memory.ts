import { readControl } from './cgroup-files.ts';

const KIB = 1024;

/** Memory that one process holds by itself (bytes). */
export interface HeldMemory {
  readonly now: number;
  /** The most so far, as far as the kernel tells. */
  readonly peak: number;
}

/**
 * Returns what a process holds itself: anonymous and shared memory and its swap. Pages of files, such as the program's
 * own code, are left out: all processes of a program share one copy, which the kernel can drop. Zeros without `/proc`.
 */
export function heldMemory(pid: number): HeldMemory {
  const status = readControl(`/proc/${pid}/status`);
  const held = kib(status, 'RssAnon') + kib(status, 'RssShmem') + kib(status, 'VmSwap');
  // The peak is recorded with pages of files, of which there are seldom fewer later.
  const peak = Math.max(held, kib(status, 'VmHWM') - kib(status, 'RssFile'));
  return { now: held * KIB, peak: peak * KIB };
}

/** Returns what processes hold together (bytes), counting once what they share with each other. */
export function heldTogether(pids: readonly number[]): number {
  const [only] = pids;
  if (only !== undefined && pids.length === 1) return heldMemory(only).now;
  return pids.reduce((sum, pid) => sum + proportionalBytes(pid), 0);
}

/** Each page counts by the part that falls to this process; reading that takes milliseconds for large processes. */
function proportionalBytes(pid: number): number {
  const rollup = readControl(`/proc/${pid}/smaps_rollup`);
  // Absent before Linux 5.9, or just ended.
  if (!rollup.includes('Pss_Anon:')) return heldMemory(pid).now;
  return (kib(rollup, 'Pss_Anon') + kib(rollup, 'Pss_Shmem') + kib(rollup, 'SwapPss')) * KIB;
}

function kib(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
}
