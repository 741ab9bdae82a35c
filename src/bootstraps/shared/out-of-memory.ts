import { readFileSync, writeFileSync } from 'node:fs';

/** The kernel ends processes with this score first. */
const FIRST_TO_END = '1000';

/** Makes the kernel end `pid` before this process when their memory is used up. */
export function endFirst(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, FIRST_TO_END);
  } catch {
    // It has ended, or this is not Linux.
  }
}

/** Returns a function that counts the processes which the kernel ended for the memory limit of this process's cgroup. */
export function kernelEndings(): () => number {
  const file = countingFile();
  return () => (file === undefined ? 0 : count(readText(file)));
}

function countingFile(): string | undefined {
  const lines = readText('/proc/self/cgroup').split('\n');
  const [first] = lines
    .flatMap((line) => {
      const [, controllers = '', path = ''] = line.split(':');
      if (controllers === '') return [`/sys/fs/cgroup${path}/memory.events`, '/sys/fs/cgroup/memory.events'];
      if (!controllers.split(',').includes('memory')) return [];
      return [`/sys/fs/cgroup/memory${path}/memory.oom_control`, '/sys/fs/cgroup/memory/memory.oom_control'];
    })
    .filter((file) => COUNT.test(readText(file)));
  return first;
}

const COUNT = /^oom_kill (\d+)$/m;

function count(text: string): number {
  return Number(COUNT.exec(text)?.[1] ?? 0);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not mounted, or not readable here.
    return '';
  }
}
