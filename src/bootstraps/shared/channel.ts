import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Longer frames are written through the event loop instead of synchronously (bytes). */
const SYNC_LIMIT = 64 * 1024;
/** Pause between attempts while the socket is full (ms). */
const FULL_WAIT_MS = 1;

/** A bootstrap's connection to the daemon. */
export interface DaemonConnection {
  /** Frames leave in the order they are sent. */
  send(frame: Uint8Array): void;
  /** Lets the connection keep this process alive; `unref` undoes it. */
  ref(): void;
  unref(): void;
}

/**
 * The connection to the daemon. Writes small frames synchronously, as Node does with pipes: output before an endless
 * loop, a crash or `process.exit` is not lost, and a handler that prints without end feels back-pressure.
 */
export class Channel implements DaemonConnection {
  readonly #socket: Socket;
  readonly #fd: number | undefined;
  #sleeper: Int32Array | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#fd = descriptorOf(socket);
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  /** Ends the process when the daemon is gone. */
  send(frame: Uint8Array): void {
    if (this.#fd === undefined || frame.length > SYNC_LIMIT || this.#socket.writableLength > 0)
      this.#socket.write(frame);
    else this.#sendNow(this.#fd, frame);
  }

  #sendNow(fd: number, frame: Uint8Array): void {
    let at = 0;
    while (at < frame.length) {
      try {
        at += writeSync(fd, frame, at, frame.length - at);
      } catch (error) {
        const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
        if (code === 'EAGAIN') this.#sleep();
        else if (code !== 'EINTR') leave();
      }
    }
  }

  #sleep(): void {
    this.#sleeper ??= new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(this.#sleeper, 0, 0, FULL_WAIT_MS);
  }
}

/** Kills this process without running any of the function's code: the daemon is gone. */
export function leave(): never {
  process.kill(process.pid, 'SIGKILL');
  return process.exit(1);
}

/** File descriptor of a socket; undefined where Node does not expose it, so that all writes go through the socket. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
