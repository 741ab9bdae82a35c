import { readFileSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../kit/index.ts';

/** Retries of removing a group whose processes were just killed, and the delay between them (ms). */
const REMOVE_TRIES = 40;
const REMOVE_WAIT_MS = 5;

/** Reads a control file; empty when it does not exist. */
export function readControl(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The group is gone, or this kernel has no such file.
    return '';
  }
}

/** Reads the number after `name` from a control file of `name value` lines; undefined when there is none. */
export function readCount(path: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(readControl(path))?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Ids of the processes in a group. */
export function membersOf(folder: string): readonly number[] {
  return readControl(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
}

/** Kills all processes in the groups at `folders`; returns how many there were. */
function killMembers(folders: readonly string[]): number {
  const pids = new Set(folders.flatMap((folder) => readControl(join(folder, 'cgroup.procs')).split('\n')));
  let killed = 0;
  for (const pid of pids) {
    if (pid === '' || Number(pid) === process.pid) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
      killed += 1;
    } catch {
      // It ended in the meantime.
    }
  }
  return killed;
}

/**
 * Kills the members of the groups and removes them with all groups below; retries while the kernel still counts killed
 * processes.
 */
export async function removeGroups(folders: readonly string[]): Promise<number> {
  let killed = 0;
  for (const folder of folders) {
    const below = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const children = below.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
    killed += await removeGroups(children);
  }
  for (let attempt = 0; attempt < REMOVE_TRIES; attempt += 1) {
    killed += killMembers(folders);
    const left = await Promise.all(
      folders.map((folder) => rmdir(folder).then(undefined, (error: NodeJS.ErrnoException) => error.code === 'EBUSY')),
    );
    if (!left.includes(true)) break;
    await sleep(REMOVE_WAIT_MS * Math.min(attempt + 1, 10));
  }
  return killed;
}
