import { readFileSync } from 'node:fs';
import type { ConnectionCaps } from '../edge/index.ts';

/** Descriptors that a process has at least on the systems lam runs on. */
const LEAST_DESCRIPTORS = 1024;
/** Maximum of connections to the port regardless of the descriptors, because each takes memory. */
const MOST_CONNECTIONS = 10_000;

/** Soft limit of open files of this process, which Node raises to the hard limit when it starts. */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Number(soft ?? LEAST_DESCRIPTORS);
  } catch {
    // Not Linux: Node's process report contains it as well, but takes longer.
    const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
    const soft = userLimits?.open_files?.soft;
    return soft === 'unlimited' ? Infinity : Number(soft ?? LEAST_DESCRIPTORS);
  }
}

/**
 * Returns the limits of connections to the port: half of the descriptors, which leaves the rest for sandboxes, logs and
 * the owner's socket, and half of that for one address. Pure.
 */
export function connectionCaps(descriptors: number): ConnectionCaps {
  const total = Math.max(2, Math.min(MOST_CONNECTIONS, Math.floor(descriptors / 2)));
  return { total, perAddress: Math.ceil(total / 2) };
}
