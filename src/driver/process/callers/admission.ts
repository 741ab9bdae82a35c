import { accessSync, constants } from 'node:fs';
import type { ConnectionAdmission } from '../../../executor/index.ts';
import type { Cgroup } from '../cgroup.ts';
import { family, SocketHolders } from './members.ts';
import { TcpTable } from './tcp-table.ts';

/** What belongs to one sandbox. */
export interface Membership {
  readonly cgroup: Pick<Cgroup, 'members'> | undefined;
  /** A user that nothing but this sandbox has; undefined if it runs as lam's own. */
  readonly user: number | undefined;
  /** Its first process, once there is one. */
  pid: number | undefined;
  /** Processes of its external extensions. */
  readonly beside?: readonly number[];
}

/** Whether this machine shows which process is behind a local connection: it has `/proc`. */
export function canTellCallers(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    for (const path of ['/proc/net/tcp', '/proc/self/fd']) accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Tells which local connections come from a sandbox's own processes. Addresses of loopback are open to every user of
 * the machine, and a secret in the address would break clients that split it at the colon.
 */
export class Callers {
  readonly #table = new TcpTable();

  /**
   * Returns what admits the processes of one sandbox and nobody else. A user of its own is proof enough; it also works
   * where lam may not look at the files of other users' processes, as root in a container.
   */
  admissionOf(membership: Membership): ConnectionAdmission {
    const holders = new SocketHolders(() => processesOf(membership));
    return async (connection) => {
      const caller = await this.#table.callerOf(connection);
      if (caller === undefined) return false;
      return membership.user === undefined ? holders.hold(caller.inode) : caller.uid === membership.user;
    };
  }
}

async function* processesOf({ cgroup, pid, beside = [] }: Membership): AsyncGenerator<number> {
  // The kernel keeps the members of a control group, wherever they went in the tree of processes.
  if (cgroup !== undefined) yield* cgroup.members();
  else for (const first of [...(pid === undefined ? [] : [pid]), ...beside]) yield* family(first);
}
