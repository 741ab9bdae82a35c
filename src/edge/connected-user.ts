import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** The ends of a connection, as this process sees them. */
type Ends = Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>;

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Columns of these tables. */
const LOCAL = 1;
const REMOTE = 2;
const USER = 7;

/**
 * Returns the id of the user whose program made a connection from this machine; undefined for connections from elsewhere
 * and where the system does not tell (it is not Linux).
 */
export function connectedUser(ends: Ends): number | undefined {
  const [own, other] = [written(ends.localAddress, ends.localPort), written(ends.remoteAddress, ends.remotePort)];
  for (const table of TABLES) {
    for (const line of linesOf(table)) {
      const columns = line.trim().split(/\s+/);
      // The other end's own entry has both ends the other way round.
      if (other.has(columns[LOCAL] ?? '') && own.has(columns[REMOTE] ?? '')) return Number(columns[USER]);
    }
  }
  return undefined;
}

function linesOf(table: string): readonly string[] {
  try {
    return readFileSync(table, 'latin1').split('\n').slice(1);
  } catch {
    // Not Linux, or without IPv6.
    return [];
  }
}

/** An end as the tables write it; an address of IPv4 may stand in the one of IPv6, too. */
function written(address: string | undefined, port: number | undefined): ReadonlySet<string> {
  const end = (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
  if (address === '::1') return new Set([`00000000000000000000000001000000:${end}`]);
  const bytes = (address ?? '')
    .replace(/^::ffff:/, '')
    .split('.')
    .map(Number);
  if (bytes.length !== 4) return new Set();
  const hex = bytes.toReversed().map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
  return new Set([`${hex.join('')}:${end}`, `0000000000000000FFFF0000${hex.join('')}:${end}`]);
}
