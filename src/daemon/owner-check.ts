import type { Socket } from 'node:net';
import { canTellCallers, TcpTable } from '../driver/index.ts';

/**
 * Returns whether a local connection comes from a program of the daemon's own user, or of root: others must not change what
 * is deployed, as they may not open the control socket either. True where the machine does not tell, as on macOS.
 */
export function ownerCheck(): (socket: Socket) => Promise<boolean> {
  const own = process.getuid?.();
  if (own === undefined || !canTellCallers()) return () => Promise.resolve(true);
  const table = new TcpTable();
  // A connection stays that of the user whose program opened it, also if it is passed on.
  const known = new WeakMap<Socket, boolean>();
  return async (socket) => {
    const before = known.get(socket);
    if (before !== undefined) return before;
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localPort === undefined || remotePort === undefined) return false;
    const caller = await table.callerOf({
      local: { address: withoutPrefix(localAddress), port: localPort },
      remote: { address: withoutPrefix(remoteAddress), port: remotePort },
    });
    if (caller === undefined) return false;
    const isOwner = caller.uid === own || caller.uid === 0;
    known.set(socket, isOwner);
    return isOwner;
  };
}

/** An IPv4 address without the prefix that it has on a socket of IPv6. */
function withoutPrefix(address = ''): string {
  return address.replace(/^::ffff:/, '');
}
