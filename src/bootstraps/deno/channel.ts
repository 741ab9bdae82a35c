import type { Socket } from 'node:net';
import { leave, type DaemonConnection } from '../shared/channel.ts';

/** `poll(2)` and `send(2)` of Linux's C library. */
const SYMBOLS = {
  send: { parameters: ['i32', 'buffer', 'usize', 'i32'], result: 'isize' },
  poll: { parameters: ['buffer', 'usize', 'i32'], result: 'i32' },
} as const;

/** Fails instead of sending a signal when the daemon is gone. */
const MSG_NOSIGNAL = 0x4000;
const [POLLOUT, POLLERR, POLLHUP] = [4, 8, 16];
/** Longest single wait for room in the socket (ms). */
const POLL_MS = 1000;

/** What is used of the global `Deno`. */
interface DenoGlobal {
  dlopen(
    library: string,
    symbols: typeof SYMBOLS,
  ): {
    readonly symbols: {
      send(fd: number, bytes: Uint8Array, length: bigint, flags: number): bigint;
      poll(entries: Uint8Array, count: bigint, waitMs: number): number;
    };
  };
}

/**
 * The connection to the daemon. Writes through the C library, because Deno itself writes to sockets only asynchronously:
 * output before an endless loop, a crash or `process.exit` would be lost.
 */
export class DenoChannel implements DaemonConnection {
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #library: ReturnType<DenoGlobal['dlopen']>['symbols'];

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#fd = Number(Reflect.get(Object(Reflect.get(socket, '_handle')), 'fd'));
    this.#library = (Reflect.get(globalThis, 'Deno') as DenoGlobal).dlopen('libc.so.6', SYMBOLS).symbols;
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  /** Ends the process when the daemon is gone. */
  send(frame: Uint8Array): void {
    for (let rest = frame; rest.length > 0;) {
      const sent = Number(this.#library.send(this.#fd, rest, BigInt(rest.length), MSG_NOSIGNAL));
      if (sent > 0) rest = rest.subarray(sent);
      else this.#waitForRoom();
    }
  }

  #waitForRoom(): void {
    // struct pollfd: int fd; short events; short revents.
    const entry = new DataView(new ArrayBuffer(8));
    entry.setInt32(0, this.#fd, true);
    entry.setInt16(4, POLLOUT, true);
    this.#library.poll(new Uint8Array(entry.buffer), 1n, POLL_MS);
    if ((entry.getInt16(6, true) & (POLLERR | POLLHUP)) !== 0) leave();
  }
}
