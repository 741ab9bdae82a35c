import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { FROM_RELAY, relayHeader, relayMessage, RelayReader } from '../../executor/relay-frames.ts';

/** Longest message of the daemon (bytes): a batch of telemetry is the longest. */
const LONGEST = 16 * 1024 * 1024;

/** Kinds of frames with output. */
type OutputKind = Extract<keyof typeof FROM_RELAY, `${string}${'std' | 'Std'}${string}`>;

/** The relay's end of its channel to the daemon. */
export class DaemonChannel {
  readonly #socket: Socket;
  /** Frames that the kernel has not accepted yet. */
  #unsent = 0;
  #waiting: (() => void)[] = [];

  /** `onMessage`: called with the line of each message, and what follows it. */
  constructor(socket: Socket, onMessage: (kind: number, text: string, after: Buffer) => void) {
    this.#socket = socket;
    const reader = new RelayReader({
      longest: LONGEST,
      isOutput: () => false,
      piece: () => undefined,
      message: onMessage,
      garbage: () => socket.destroy(),
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    // The daemon has closed it. Pending writes end with this error, too.
    socket.on('error', () => undefined);
  }

  /** Sends a message, after all that was sent before. */
  send(kind: number, message: object): void {
    this.#unsent += 1;
    this.#socket.write(relayMessage(kind, message), () => this.#sent());
  }

  /** Sends what a program prints from now on. */
  follow(kind: OutputKind, stream: Readable): void {
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      this.#unsent += 1;
      this.#socket.cork();
      this.#socket.write(relayHeader(FROM_RELAY[kind], chunk.length));
      const hasRoom = this.#socket.write(chunk, () => this.#sent());
      this.#socket.uncork();
      if (hasRoom) return;
      stream.pause();
      this.#socket.once('drain', () => stream.resume());
    });
  }

  /**
   * Calls `then` once everything that is in the programs' pipes now has been sent. Pipes that were written to before a
   * request are readable when it is, so the loop reads them in the same turn. Calls keep their order.
   */
  afterPrinted(then: () => void): void {
    setImmediate(() => {
      if (this.#unsent === 0 && this.#waiting.length === 0) then();
      else this.#waiting.push(then);
    });
  }

  #sent(): void {
    this.#unsent -= 1;
    if (this.#unsent > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const then of waiting) then();
  }
}
