import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process that listens on a TCP port. */
export interface PortOwner {
  readonly pid: number;
  /** The program's name, from `/proc/<pid>/comm`. */
  readonly command: string;
}

const LISTEN = '0A';

/**
 * Returns the process that listens on `port`; undefined for a process of another user, or on a system without `/proc`.
 */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const inode of listeningInodes(text, port)) inodes.add(inode);
  }
  if (inodes.size === 0) return undefined;
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return { pid: Number(pid), command: command.trim() };
    }
  }
  return undefined;
}

/** Inodes of the listening sockets of `port` in the text of `/proc/net/tcp` (proc(5)). Pure. */
function listeningInodes(table: string, port: number): readonly string[] {
  const found: string[] = [];
  for (const line of table.split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (local === undefined || inode === undefined || state !== LISTEN) continue;
    if (Number.parseInt(local.split(':')[1] ?? '', 16) === port) found.push(inode);
  }
  return found;
}
