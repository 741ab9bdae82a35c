import { open } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import type { TcpConnection } from '../../../executor/index.ts';

/** Tables of this network namespace; see proc_net_tcp in the kernel's documentation. */
const TABLE = '/proc/net/tcp';
/** Sockets of the IPv6 family, which are also used for IPv4-mapped addresses, e.g. by the JVM. */
const TABLE_6 = '/proc/net/tcp6';
/** First three words of `::ffff:0:0/96` as the kernel prints them. */
const MAPPED = `0000000000000000${endianness() === 'LE' ? 'FFFF0000' : '0000FFFF'}`;
/** Bytes asked for at once; the kernel answers with about 4 KiB of whole rows. */
const READ_BYTES = 32 * 1024;
/** Reads of the tables before a connection counts as absent: rows may move while they are read. */
const TRIES = 2;

/** The socket of the other side of a connection. */
export interface CallerSocket {
  /** Effective user of the process that made it. */
  readonly uid: number;
  /** Number in `/proc/<pid>/fd` of the processes that have it open; 0 when none has any more. */
  readonly inode: number;
}

interface Wanted {
  readonly key: string;
  /** Its addresses are of the IPv6 family. */
  readonly isV6: boolean;
  readonly found: (socket: CallerSocket | undefined) => void;
  triesLeft: number;
}

/**
 * Looks up who made a connection, in the kernel's table of TCP sockets. A read takes time in proportion to the sockets
 * of the machine (1 ms and more), so that one read serves all connections that wait for it.
 */
export class TcpTable {
  #wanted: Wanted[] = [];
  #isReading = false;

  /** Resolves with the caller of a connection that this process accepted; undefined when it is gone. Never rejects. */
  callerOf(connection: TcpConnection): Promise<CallerSocket | undefined> {
    return new Promise((found) => {
      const isV6 = isIPv6(connection.local.address);
      this.#wanted.push({ key: callerKey(connection), isV6, found, triesLeft: TRIES });
      if (!this.#isReading) void this.#read();
    });
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#wanted.length > 0) {
      // Connections that arrive from here on may be missing from what is read: they wait for the next read.
      const batch = this.#wanted;
      this.#wanted = [];
      const missing = await searched(TABLE_6, await searched(TABLE, batch));
      for (const one of missing) {
        one.triesLeft -= 1;
        if (one.triesLeft === 0) one.found(undefined);
        else this.#wanted.push(one);
      }
    }
    this.#isReading = false;
  }
}

/** Answers those that the table holds; resolves with the others. */
async function searched(path: string, batch: readonly Wanted[]): Promise<readonly Wanted[]> {
  if (batch.length === 0) return batch;
  let missing = batch;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return batch;
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let at = 0; missing.length > 0;) {
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const rows = buffer.toString('latin1', 0, bytesRead);
      missing = missing.filter((one) => {
        const prefix = path === TABLE_6 && !one.isV6 ? MAPPED : '';
        const socket = callerIn(rows, one.key, prefix);
        if (socket !== undefined) one.found(socket);
        return socket === undefined;
      });
    }
  } catch {
    // The table cannot be read: nobody is found in it.
  } finally {
    await file.close();
  }
  return missing;
}

/** Finds the row of a caller, by its key; `prefix` stands before both addresses. Pure. */
export function callerIn(rows: string, key: string, prefix: string): CallerSocket | undefined {
  const [local = '', remote = ''] = key.split(' ');
  const addresses = ` ${prefix}${local} ${prefix}${remote} `;
  for (let at = rows.indexOf(addresses); at !== -1; at = rows.indexOf(addresses, at + 1)) {
    const end = rows.indexOf('\n', at);
    const [, , , , uid, , inode] = rows
      .slice(at + addresses.length, end === -1 ? undefined : end)
      .trim()
      .split(/ +/);
    const socket = { uid: Number(uid), inode: Number(inode) };
    // A connection that was closed before, on the same ports, stays in the table for a minute without an owner.
    if (socket.inode > 0) return socket;
  }
  return undefined;
}

/** Addresses of the other side's row as the kernel prints them: its own end first. Pure. */
export function callerKey({ local, remote }: TcpConnection): string {
  return `${printed(remote)} ${printed(local)}`;
}

/** An address and port as in the kernel's table: numbers of 32 bits in the machine's byte order, and the port. */
function printed({ address, port }: TcpConnection['local']): string {
  const bytes = bytesOf(address).map((byte) => hex(byte, 2));
  const words = Array.from({ length: bytes.length / 4 }, (_, n) => bytes.slice(n * 4, n * 4 + 4));
  return `${words.flatMap((word) => (endianness() === 'LE' ? word.toReversed() : word)).join('')}:${hex(port, 4)}`;
}

function bytesOf(address: string): readonly number[] {
  if (!isIPv6(address)) return address.split('.').map(Number);
  // Without the interface of a link-local address (`fe80::1%eth0`).
  const [head = [], tail] = (address.split('%', 1)[0] ?? '').split('::').map(groupsOf);
  const after = tail ?? [];
  const zeros = Array.from({ length: 8 - head.length - after.length }, () => 0);
  return [...head, ...(tail === undefined ? [] : zeros), ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

/** The groups of 16 bits of a part of an IPv6 address. */
function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
